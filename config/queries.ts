/** Every PromQL text and expression of a policy, put before checkers that config itself does not have. */
import type { MetricPolicy, ServicePolicy } from './policy.js';
import { finding } from './problems.js';
import type { Finding, KeyPath } from './problems.js';

/** What is wrong with a query, and where in its text; null when it is fine. */
export type CheckQuery = (
  text: string,
) => { readonly message: string; readonly from: number; readonly to: number } | null;

const sourceTexts = ({ source }: MetricPolicy): readonly (readonly [KeyPath, string])[] => {
  switch (source.kind) {
    case 'query':
      return [[['query'], source.promql]];
    case 'ratio':
      return [
        [['ratio', 'bad'], source.bad],
        [['ratio', 'total'], source.total],
      ];
    case 'stall':
      return [
        [['stall', 'in_flight'], source.inFlight],
        [['stall', 'completed'], source.completed],
      ];
    // Sent as it is; the server knows functions that we do not.
    case 'prometheus':
    case 'up':
      return [];
  }
};

const textsOf = (policy: ServicePolicy): readonly (readonly [KeyPath, string])[] => [
  ...policy.metrics.flatMap((metric) =>
    [
      ...sourceTexts(metric),
      ...(metric.minTraffic === null || metric.source.kind === 'prometheus'
        ? []
        : [[['min_traffic', 'query'], metric.minTraffic.promql] as const]),
    ].map(([path, text]) => [['metrics', metric.name, ...path], text] as const),
  ),
  ...(policy.drain.inFlight === null ? [] : [[['drain', 'in_flight'], policy.drain.inFlight] as const]),
];

/** Findings name the part of the text that is wrong. */
export const checkQueries = (policy: ServicePolicy, check: CheckQuery): readonly Finding[] =>
  textsOf(policy).flatMap(([path, text]) => {
    const wrong = check(text);
    if (wrong === null) return [];
    return [finding(path, wrong.message, placeIn(text, wrong.from, wrong.to))];
  });

/** Line and column within a query of several lines, its character in one of a single line; null: the whole text. */
const placeIn = (text: string, from: number, to: number): string | null => {
  const part = text.slice(from, to).trim();
  if (part === '' || part === text.trim()) return null;
  const before = text.slice(0, from).split('\n');
  const character = `character ${(before.at(-1) ?? '').length + 1}`;
  return `at ${part}, ${text.trim().includes('\n') ? `line ${before.length}, ` : ''}${character} of the query`;
};

/** What is wrong with a curve; null when it is fine. */
export type CheckExpression = (text: string, metrics: ReadonlySet<string>) => string | null;

export const checkCurves = ({ metrics }: ServicePolicy, check: CheckExpression): readonly Finding[] => {
  // An expression sees what others measured, not what other expressions make of it.
  const measured = metrics.filter(({ curve }) => curve.kind !== 'expression');
  const names = new Set<string>(measured.map(({ name }) => name));
  return metrics.flatMap(({ name, curve }) => {
    const wrong = curve.kind === 'expression' ? check(curve.text, names) : null;
    return wrong === null ? [] : [finding(['metrics', name, 'curve', 'expression'], wrong)];
  });
};

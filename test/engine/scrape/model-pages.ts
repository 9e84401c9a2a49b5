/** Pages made from a model: families with samples that every rule of OpenMetrics allows, and the texts that show them. */
import fc from 'fast-check';
import type { Labels } from '../../../engine/model.js';

export interface ModelSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface ModelFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ModelSample[];
}

type Metric = (name: string, labels: Labels, seed: number) => readonly ModelSample[];

const bounds = ['0.1', '1', '2.5', '+Inf'];

const histogram =
  (prefix: string): Metric =>
  (name, labels, seed) => [
    ...bounds.map((le, nth) => ({ name: `${name}_bucket`, labels: { ...labels, le }, value: (seed % 50) * (nth + 1) })),
    { name: `${name}_${prefix}count`, labels, value: (seed % 50) * bounds.length },
    { name: `${name}_${prefix}sum`, labels, value: seed / 7 },
  ];

const metrics: Readonly<Record<string, Metric>> = {
  gauge: (name, labels, seed) => [
    { name, labels, value: [seed - 500, NaN, Infinity, -Infinity, seed / 3, seed * 1e-9][seed % 6] ?? 0 },
  ],
  unknown: (name, labels, seed) => [{ name, labels, value: 0 - seed }],
  counter: (name, labels, seed) => [
    { name: `${name}_total`, labels, value: seed },
    { name: `${name}_created`, labels, value: 1_700_000_000 + seed / 8 },
  ],
  histogram: histogram(''),
  gaugehistogram: histogram('g'),
  summary: (name, labels, seed) => [
    ...['0', '0.5', '1'].map((quantile) => ({ name, labels: { ...labels, quantile }, value: seed / 4 })),
    { name: `${name}_count`, labels, value: seed },
    { name: `${name}_sum`, labels, value: seed / 2 },
  ],
  info: (name, labels) => [{ name: `${name}_info`, labels, value: 1 }],
  stateset: (name, labels, seed) =>
    ['a', 'b'].map((state, nth) => ({ name, labels: { ...labels, [name]: state }, value: (seed + nth) % 2 })),
};

/** Prometheus text 0.0.4 knows these; the others it calls untyped. */
const textTypes = new Set(['gauge', 'summary']);

const family = fc.record({
  type: fc.constantFrom(...Object.keys(metrics)),
  help: fc.string({ unit: 'grapheme', maxLength: 12 }),
  // `name`: for labels of one family to differ whatever the values are.
  labels: fc.array(
    fc.dictionary(
      fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,5}$/).filter((label) => !['le', 'quantile', 'nth'].includes(label)),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      { maxKeys: 3, noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  seed: fc.nat(1000),
});

/** Names differ by their number, so that no two families clash. */
export const modelPage: fc.Arbitrary<readonly ModelFamily[]> = fc.array(family, { maxLength: 4 }).map((families) =>
  families.map(({ type, help, labels, seed }, nth) => {
    const name = `family_${nth}x`;
    const samples = labels.flatMap((each, at) =>
      (metrics[type] ?? (() => []))(name, at === 0 ? each : { ...each, nth: String(at) }, seed + at),
    );
    return { name, type, help, samples };
  }),
);

const quoted = (text: string): string => `"${text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`;
const helpOf = (text: string): string => text.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));

const valueOf = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
};

const lineOf = ({ name, labels, value }: ModelSample): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${quoted(text)}`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${valueOf(value)}\n`;
};

const shown = (families: readonly ModelFamily[], typeOf: (type: string) => string): string =>
  families
    .map(({ name, type, help, samples }) => {
      const head = `# TYPE ${name} ${typeOf(type)}\n# HELP ${name} ${helpOf(help)}\n`;
      return head + samples.map(lineOf).join('');
    })
    .join('');

export const openMetricsOf = (families: readonly ModelFamily[]): string => `${shown(families, (type) => type)}# EOF\n`;

export const textOf = (families: readonly ModelFamily[]): string =>
  shown(families, (type) => (textTypes.has(type) ? type : 'untyped'));

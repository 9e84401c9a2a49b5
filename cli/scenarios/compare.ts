/** What was expected against what is, at one moment. A mismatch says both, in the words of the file. */
import type { KeyPath } from '../../config/problems.js';
import type { Explanation, MetricScore } from '../../engine/client/index.js';
import type { PlannedServer, ServiceState } from '../../scheduler/client/index.js';
import { figure, type Bound } from './bounds.js';
import type { ExpectationFile } from './schema.js';

export interface Mismatch {
  /** Within the expectation. */
  readonly path: KeyPath;
  readonly expected: string;
  readonly got: string;
}

/** What is known of one instance at one moment. */
export interface Known {
  readonly explanation: Explanation | null;
  readonly server: PlannedServer | null;
  readonly state: ServiceState | null;
}

/** How far from a plain number still is equal: as exact as the numbers that a person is shown. */
const slack = { points: 0.05, penalty: 0.005, share: 0.0005, weight: 0 } as const;
/** Values may be large or small, so they are equal to three digits. */
const valueSlack = (value: number | null): number => Math.max(1e-9, Math.abs(value ?? 0) * 0.0005);

const same = (path: KeyPath, expected: string | undefined, got: string | null): readonly Mismatch[] =>
  expected === undefined || expected === got ? [] : [{ path, expected, got: got ?? 'none' }];

const within = (path: KeyPath, bound: Bound | undefined, value: number | null, give: number): readonly Mismatch[] =>
  bound === undefined || bound.fits(value, give) ? [] : [{ path, expected: bound.text, got: figure(value) }];

const contains = (path: KeyPath, expected: string | undefined, got: string | null): readonly Mismatch[] =>
  expected === undefined || got?.includes(expected) === true
    ? []
    : [{ path, expected: `a text with "${expected}"`, got: got === null ? 'none' : `"${got}"` }];

const levelsOf = ({ levels = {} }: ExpectationFile, explanation: Explanation | null): readonly Mismatch[] =>
  Object.entries(levels).flatMap(([name, bound]) => {
    const level = explanation?.instance.levels.find((each) => each.level === name);
    return within(['levels', name], bound, level?.score ?? null, slack.points);
  });

const metricOf = (
  name: string,
  expected: NonNullable<ExpectationFile['metrics']>[string],
  metric: MetricScore | undefined,
): readonly Mismatch[] => {
  const path = ['metrics', name];
  const value = metric?.value ?? null;
  return [
    ...within([...path, 'value'], expected.value, value, valueSlack(value)),
    ...within([...path, 'penalty'], expected.penalty, metric?.penalty ?? null, slack.penalty),
    ...within([...path, 'points_lost'], expected.points_lost, metric?.pointsLost ?? null, slack.points),
    ...same([...path, 'status'], expected.status, metric?.status ?? null),
    ...same([...path, 'absence'], expected.absence, metric?.absence ?? null),
  ];
};

const scored = (expected: ExpectationFile, explanation: Explanation | null): readonly Mismatch[] => {
  const score = explanation?.instance ?? null;
  const causes = score?.causes.map(({ name }) => name).join(', ') ?? null;
  return [
    ...same(['zone'], expected.zone, score?.zone ?? 'unknown'),
    ...within(['score'], expected.score, score?.score ?? null, slack.points),
    ...within(['smoothed'], expected.smoothed, score?.smoothed ?? null, slack.points),
    ...levelsOf(expected, explanation),
    ...within(['coverage'], expected.coverage, score?.coverage ?? null, slack.share),
    ...same(['up'], expected.up, score?.up.state ?? 'unknown'),
    ...same(['blackout'], expected.blackout?.toString(), String(score?.blackout ?? false)),
    ...Object.entries(expected.metrics ?? {}).flatMap(([name, metric]) =>
      metricOf(
        name,
        metric,
        explanation?.metrics.find((each) => each.name === name),
      ),
    ),
    ...same(['causes'], expected.causes?.join(', '), causes ?? ''),
    ...contains(['sentence'], expected.sentence, explanation?.sentence ?? null),
    ...contains(['why'], expected.why, score?.why ?? null),
    ...contains(['peers'], expected.peers, explanation?.peers.sentence ?? null),
  ];
};

const decided = (expected: ExpectationFile, { server, state }: Known): readonly Mismatch[] => {
  const codes = server?.reasons.map(({ code }) => code) ?? [];
  const reason = expected.reason !== undefined && codes.includes(expected.reason) ? expected.reason : codes.join(', ');
  return [
    ...within(['weight'], expected.weight, server?.weight ?? null, slack.weight),
    ...same(['lifecycle'], expected.lifecycle, server?.lifecycle ?? null),
    ...same(['reason'], expected.reason, reason),
    ...same(['service'], expected.service, state),
  ];
};

/** What differs, of all that the expectation names. */
export const compare = (expected: ExpectationFile, known: Known): readonly Mismatch[] => [
  ...scored(expected, known.explanation),
  ...decided(expected, known),
];

/** The sequences, of which each scrape has one item; those of `zones` and `scores` and `weights` written out. */
export interface Sequences {
  readonly zones: readonly string[];
  readonly scores: readonly (number | null)[];
  readonly weights: readonly (number | null)[];
}

/** The nth item of each; a gap (`_`) and what comes after the end expect nothing. */
export const compareNth = (sequences: Sequences, nth: number, { explanation, server }: Known): readonly Mismatch[] => {
  const near = (path: KeyPath, expected: number | null | undefined, got: number | null, give: number) =>
    expected === null || expected === undefined || (got !== null && Math.abs(got - expected) <= give)
      ? []
      : [{ path, expected: figure(expected), got: figure(got) }];
  return [
    ...same(['zones'], sequences.zones[nth], explanation?.instance.zone ?? 'unknown'),
    ...near(['scores'], sequences.scores[nth], explanation?.instance.score ?? null, slack.points),
    ...near(['weights'], sequences.weights[nth], server?.weight ?? null, slack.weight),
  ];
};

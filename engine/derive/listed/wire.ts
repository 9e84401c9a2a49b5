/** Series, questions and answers as JSON: one object each. */
import { z } from 'zod';
import { nameLabel } from '../promql/labels.js';
import type { Value } from '../promql/values.js';
import type { ListedSample, ListedSeries } from './series.js';

const words = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity } as const;
type Word = keyof typeof words;

const valueSchema = z.union([z.number(), z.enum(['NaN', '+Inf', '-Inf', 'stale']), z.null()]);

const seriesSchema = z.object({
  name: z.string().min(1),
  labels: z.record(z.string(), z.string()).default({}),
  stepSeconds: z.number().positive(),
  values: z.array(valueSchema).describe('values[i] is at i x stepSeconds; null: no sample'),
});

const questionSchema = z.object({
  series: z.array(seriesSchema),
  evals: z.array(z.object({ atSeconds: z.number(), expr: z.string() })),
});

export interface Question {
  readonly series: readonly ListedSeries[];
  readonly evals: readonly { readonly atMs: number; readonly expr: string }[];
}

export interface AnsweredElement {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | Word;
}

export type Answer = readonly AnsweredElement[] | { readonly error: string };

const samplesOf = ({ stepSeconds, values }: z.output<typeof seriesSchema>): ListedSample[] => {
  const samples: ListedSample[] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const atMs = Math.round(index * stepSeconds * 1000);
    samples.push({ atMs, value: typeof value === 'number' || value === 'stale' ? value : words[value] });
  });
  return samples;
};

/** A label with an empty value is none, as everywhere in PromQL. */
const labelsOf = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).filter(([label, value]) => value !== '' && label !== nameLabel));

export type ReadQuestion =
  { readonly ok: true; readonly question: Question } | { readonly ok: false; readonly why: string };

/** Never throws: whatever is wrong with a line is told. */
export const readQuestion = (line: string): ReadQuestion => {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { ok: false, why: 'the line is no JSON' };
  }
  const parsed = questionSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, why: issue ? `${issue.path.join('.') || 'the line'}: ${issue.message}` : 'the line is broken' };
  }
  const { series, evals } = parsed.data;
  return {
    ok: true,
    question: {
      series: series.map((each) => ({ name: each.name, labels: labelsOf(each.labels), samples: samplesOf(each) })),
      evals: evals.map(({ atSeconds, expr }) => ({ atMs: Math.round(atSeconds * 1000), expr })),
    },
  };
};

export const wireNumber = (value: number): number | Word => {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

/** A number alone is one element without labels. */
export const wireAnswer = (value: Value): AnsweredElement[] =>
  value.kind === 'scalar'
    ? [{ labels: {}, value: wireNumber(value.value) }]
    : value.vector.map((element) => ({ labels: element.labels, value: wireNumber(element.value) }));

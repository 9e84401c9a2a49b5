/** What a single sample of a family may say. Source: OpenMetrics 1.0, "Metric types" and "Text format". */
import { readValue } from '../value.js';
import type { Rest, SeriesLine } from './line.js';
import type { MetricType, Shape } from './shape.js';

const cumulative = new Set(['_total', '_sum', '_count', '_bucket', '_gcount']);
const counts = new Set(['_bucket', '_count', '_gcount']);

/** The label that tells the samples of one metric apart; null: there is none. */
export const innerLabel = ({ name, type }: Shape, suffix: string): string | null => {
  if (type === 'stateset') return name;
  if (type === 'summary' && suffix === '') return 'quantile';
  return suffix === '_bucket' && (type === 'histogram' || type === 'gaugehistogram') ? 'le' : null;
};

/** The number in a label `le` or `quantile`; infinity must be written +Inf. */
export const boundOf = (text: string | undefined): number | null => {
  const bound = text === undefined ? undefined : readValue(text);
  if (bound === undefined || Number.isNaN(bound) || (bound === Infinity && text !== '+Inf')) return null;
  return bound;
};

const labelProblem = (shape: Shape, suffix: string, { labels }: SeriesLine): string | null => {
  const { name, type } = shape;
  if (type === 'stateset' && labels[name] === undefined) return `is of a stateset and has no label ${name}`;
  if (innerLabel(shape, suffix) === 'le' && boundOf(labels['le']) === null) return `has "${labels['le'] ?? ''}" for le`;
  if (type !== 'summary' || suffix !== '') return null;
  const quantile = boundOf(labels['quantile']);
  return quantile === null || quantile < 0 || quantile > 1 ? `has "${labels['quantile'] ?? ''}" for quantile` : null;
};

/** What is wrong with the value of a sample of that type and suffix; null: nothing. */
export const valueProblem = (type: MetricType, suffix: string, value: number): string | null => {
  if (type === 'stateset' && value !== 0 && value !== 1) return 'is of a stateset and neither 0 nor 1';
  if (type === 'info' && value !== 1) return 'is of an info and not 1';
  if (counts.has(suffix) && !Number.isInteger(value)) return 'counts, and is no whole number';
  if (type === 'summary' && suffix === '' && value < 0) return 'is a quantile below 0';
  if ((cumulative.has(suffix) || suffix === '_gsum') && Number.isNaN(value)) return 'counts, and is NaN';
  return cumulative.has(suffix) && value < 0 ? 'counts, and is below 0' : null;
};

export const mayHaveExemplar = (type: MetricType, suffix: string): boolean =>
  type === 'counter' ? suffix === '_total' : suffix === '_bucket';

/** Why this sample must not stand in that family; null: it may. */
export const sampleProblem = (shape: Shape, suffix: string, series: SeriesLine, rest: Rest): string | null => {
  const why = labelProblem(shape, suffix, series) ?? valueProblem(shape.type, suffix, rest.value);
  if (why !== null) return why;
  return rest.exemplar && !mayHaveExemplar(shape.type, suffix)
    ? 'has an exemplar, which only buckets and the total of a counter may have'
    : null;
};

import type { Labels } from '../../model.js';
import { labelOf, withLabel } from './labels.js';
import { EvaluationError } from './problem.js';
import { compileRegex, type Regex } from '../../../lib/regex.js';
import { distinct, type Vector } from './values.js';

export interface Replacement {
  readonly to: string;
  readonly template: string;
  readonly from: string;
  readonly regex: string;
}

const compiled = new Map<string, Regex>();
const compiledLimit = 1_000;

/** Regexes were checked when the query was read; each is compiled once. */
const regexFor = (source: string): Regex => {
  const known = compiled.get(source);
  if (known) return known;
  const regex = compileRegex(source);
  if (!regex.ok) throw new EvaluationError(`this regular expression cannot be used: ${regex.why}`);
  if (compiled.size >= compiledLimit) compiled.clear();
  compiled.set(source, regex);
  return regex;
};

const relabelled = (vector: Vector, change: (labels: Labels) => Labels): Vector =>
  distinct(vector.map(({ labels, value }) => ({ labels: change(labels), value })));

/** The label `to` becomes the template where the whole value of `from` matches; other elements stay as they are. */
export const replaceLabel = (vector: Vector, { to, template, from, regex }: Replacement): Vector => {
  const { expand } = regexFor(regex);
  return relabelled(vector, (labels) => {
    const value = expand(labelOf(labels, from), template);
    return value === null ? labels : withLabel(labels, to, value);
  });
};

export const joinLabels = (
  vector: Vector,
  { to, separator, from }: { readonly to: string; readonly separator: string; readonly from: readonly string[] },
): Vector =>
  relabelled(vector, (labels) => withLabel(labels, to, from.map((label) => labelOf(labels, label)).join(separator)));

import type { Labels } from '../../model.js';
import { dropName, keyOf } from './labels.js';
import { EvaluationError } from './problem.js';

/** One element of an instant vector; labels with the name, unless it was dropped. */
export interface Element {
  readonly labels: Labels;
  readonly value: number;
}

export type Vector = readonly Element[];
export type Value =
  { readonly kind: 'scalar'; readonly value: number } | { readonly kind: 'vector'; readonly vector: Vector };

export const scalar = (value: number): Value => ({ kind: 'scalar', value });
export const vectorOf = (vector: Vector): Value => ({ kind: 'vector', vector });

/** Two elements of a vector with the same labels are an error in Prometheus, and here. */
export const distinct = (vector: Vector): Vector => {
  if (vector.length < 2) return vector;
  const keys = new Set<string>();
  for (const { labels } of vector) keys.add(keyOf(labels));
  if (keys.size < vector.length) throw new EvaluationError('the vector holds two elements with the same labels');
  return vector;
};

/** A computed value is no longer the metric that it came from. */
export const mapValues = (vector: Vector, change: (value: number) => number): Vector =>
  distinct(vector.map(({ labels, value }) => ({ labels: dropName(labels), value: change(value) })));

import type { Labels } from '../../model.js';
import { labelOf, nameLabel } from './labels.js';

export type MatchKind = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly label: string;
  readonly kind: MatchKind;
  readonly value: string;
  readonly test: (value: string) => boolean;
}

/** A vector selector: which series. `name` is the metric name that it asks for exactly, if it does. */
export interface Selector {
  readonly name: string | null;
  readonly matchers: readonly Matcher[];
  /** Canonical text: equal for selectors that select alike. */
  readonly text: string;
}

export const createSelector = (name: string | null, matchers: readonly Matcher[]): Selector => {
  const exact = matchers.find(({ label, kind }) => label === nameLabel && kind === '=');
  const conditions = matchers.map(({ label, kind, value }) => `${label}${kind}${JSON.stringify(value)}`).sort();
  return {
    name: name ?? exact?.value ?? null,
    matchers,
    text: `${name ?? ''}{${conditions.join(',')}}`,
  };
};

/** A label that is absent has the empty value, as in Prometheus. */
export const selects = (selector: Selector, name: string, labels: Labels): boolean => {
  if (selector.name !== null && selector.name !== name) return false;
  return selector.matchers.every(({ label, test }) => test(label === nameLabel ? name : labelOf(labels, label)));
};

/** Whether a metric of that name could be selected, whatever its labels. */
export const mayName = (selector: Selector, name: string): boolean =>
  (selector.name === null || selector.name === name) &&
  selector.matchers.every(({ label, test }) => label !== nameLabel || test(name));

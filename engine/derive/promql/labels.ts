import type { Labels } from '../../model.js';

export const nameLabel = '__name__';
export const noLabels: Labels = {};

/** The empty string where it is absent. Label names come from outside: never look them up on the prototype. */
export const labelOf = (labels: Labels, label: string): string =>
  Object.hasOwn(labels, label) ? (labels[label] ?? '') : '';

const define = (labels: Record<string, string>, label: string, value: string): void => {
  if (label === '__proto__')
    Object.defineProperty(labels, label, { value, enumerable: true, writable: true, configurable: true });
  else labels[label] = value;
};

const filtered = (labels: Labels, keep: (label: string) => boolean): Labels => {
  const kept: Record<string, string> = {};
  for (const label of Object.keys(labels)) if (keep(label)) define(kept, label, labels[label] ?? '');
  return kept;
};

export const pick = (labels: Labels, names: readonly string[]): Labels =>
  filtered(labels, (each) => names.includes(each));
export const omit = (labels: Labels, names: readonly string[]): Labels =>
  filtered(labels, (each) => !names.includes(each));

/** The empty value is the absence of the label. */
export const withLabel = (labels: Labels, label: string, value: string): Labels => {
  if (value === '') return Object.hasOwn(labels, label) ? omit(labels, [label]) : labels;
  const copy: Record<string, string> = { ...labels };
  define(copy, label, value);
  return copy;
};

/** Label sets are objects that live as long as their series: what is worked out of one is worth keeping. */
export const memoised = <T>(work: (labels: Labels) => T): ((labels: Labels) => T) => {
  const known = new WeakMap<Labels, T>();
  return (labels) => {
    let result = known.get(labels);
    if (result === undefined) known.set(labels, (result = work(labels)));
    return result;
  };
};

export const dropName = memoised((labels): Labels =>
  Object.hasOwn(labels, nameLabel) ? omit(labels, [nameLabel]) : labels,
);

/** Equal for equal label sets, and only for them: each part carries its length. */
export const keyOf = memoised((labels) => {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let key = '';
  for (const name of names) {
    const value = labels[name] ?? '';
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
});

export type Projection = (labels: Labels) => Labels;

/** `by (...)`, `on (...)`. */
export const onlyLabels = (names: readonly string[]): Projection =>
  names.length === 0 ? () => noLabels : memoised((labels) => pick(labels, names));

/** All but these; the name only where it is one of them. */
export const omitting = (names: readonly string[]): Projection =>
  names.length === 0 ? (labels) => labels : memoised((labels) => omit(labels, names));

/** `without (...)`, `ignoring (...)`: the name goes too. */
export const labelsBut = (names: readonly string[]): Projection =>
  names.length === 0 ? dropName : memoised((labels) => omit(labels, [...names, nameLabel]));

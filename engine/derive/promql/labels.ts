import type { Labels } from '../../model.js';

export const nameLabel = '__name__';

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
/** Series keep their label objects for as long as they live: what was derived from them once is kept as long. */
export const memo = <T>(derive: (labels: Labels) => T): ((labels: Labels) => T) => {
  const known = new WeakMap<Labels, { readonly derived: T }>();
  return (labels) => {
    let entry = known.get(labels);
    if (!entry) known.set(labels, (entry = { derived: derive(labels) }));
    return entry.derived;
  };
};

export const dropName = memo((labels) => (Object.hasOwn(labels, nameLabel) ? omit(labels, [nameLabel]) : labels));
export const withLabel = (labels: Labels, label: string, value: string): Labels => {
  const copy: Record<string, string> = { ...labels };
  define(copy, label, value);
  return copy;
};

/** Equal for equal label sets, and only for them: each part carries its length. */
export const keyOf = memo((labels): string => {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let key = '';
  for (const name of names) {
    const value = labels[name] ?? '';
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
});

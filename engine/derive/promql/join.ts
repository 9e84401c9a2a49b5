/** Vectors matched element by element. */
import type { Labels } from '../../model.js';
import type { Matching } from './ast.js';
import { dropName, keyOf, labelOf, withLabel } from './labels.js';
import { EvaluationError } from './problem.js';
import type { Element, Vector } from './values.js';

export interface Join {
  readonly matching: Matching;
  /** Whether the result is the element of the "many" side itself, and keeps its name. */
  readonly keepsName: boolean;
  /** Undefined: a comparison filters this pair out. */
  readonly compute: (left: number, right: number) => number | undefined;
}

/** Each element of the left side with the one of the right that has the same signature; `one-to-many` the other way round. */
export const join = (rule: Join, left: Vector, right: Vector): Vector => {
  if (left.length === 0 || right.length === 0) return [];
  const [first, second] = [left[0], right[0]];
  if (first && second && left.length + right.length === 2) return pair(rule, first, second);
  const { matching, compute } = rule;
  const swapped = matching.cardinality === 'one-to-many';
  const [many, one] = swapped ? [right, left] : [left, right];
  const partners = partnersOf(matching, one, swapped ? 'left' : 'right');
  const used = new Set<string>();
  const result: Element[] = [];
  for (const { labels, value } of many) {
    const key = keyOf(matching.signature(labels));
    const partner = partners.get(key);
    if (!partner) continue;
    const computed = swapped ? compute(partner.value, value) : compute(value, partner.value);
    if (computed === undefined) continue;
    const joined = labelsOf(rule, labels, partner.labels);
    claim(used, matching, key, joined);
    result.push({ labels: joined, value: computed });
  }
  return result;
};

/** Two numbers, as most queries come to: nothing has to be looked up. */
const pair = (rule: Join, left: Element, right: Element): Vector => {
  const { signature, cardinality } = rule.matching;
  if (keyOf(signature(left.labels)) !== keyOf(signature(right.labels))) return [];
  const value = rule.compute(left.value, right.value);
  if (value === undefined) return [];
  const [many, one] = cardinality === 'one-to-many' ? [right, left] : [left, right];
  return [{ labels: labelsOf(rule, many.labels, one.labels), value }];
};

const partnersOf = ({ signature }: Matching, one: Vector, side: string): ReadonlyMap<string, Element> => {
  const partners = new Map<string, Element>();
  for (const element of one) {
    const key = keyOf(signature(element.labels));
    if (partners.has(key))
      throw new EvaluationError(`several elements on the ${side} side match the same group: many-to-many`);
    partners.set(key, element);
  }
  return partners;
};

const claim = (used: Set<string>, { cardinality }: Matching, key: string, labels: Labels): void => {
  const one = cardinality === 'one-to-one';
  const claimed = one ? key : `${key} ${keyOf(labels)}`;
  if (used.has(claimed))
    throw new EvaluationError(
      one
        ? 'several elements on the left side match the same one: many-to-one needs group_left'
        : 'several elements of a group have the same labels: the grouping labels must tell them apart',
    );
  used.add(claimed);
};

const labelsOf = ({ matching, keepsName }: Join, many: Labels, one: Labels): Labels => {
  const labels = keepsName ? many : dropName(many);
  if (matching.cardinality === 'one-to-one') return matching.joined(labels);
  return matching.include.reduce((joined, label) => withLabel(joined, label, labelOf(one, label)), labels);
};

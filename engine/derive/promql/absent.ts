import type { Labels } from '../../model.js';
import type { Expr } from './ast.js';
import { nameLabel, withLabel } from './labels.js';
import type { Vector } from './values.js';

/**
 * Labels of the one element that says "nothing there": those that the selector asks for by `=`. A label that is asked for
 * twice is none, unless the `=` comes last: an oddity that Prometheus keeps for the sake of old rules.
 */
const askedLabels = (expr: Expr | undefined): Labels => {
  if (expr?.kind !== 'instant' && expr?.kind !== 'range') return {};
  const seen = new Set<string>();
  let labels: Labels = {};
  for (const { label, kind, value } of expr.selector.matchers) {
    if (label === nameLabel) continue;
    const first = kind === '=' && !seen.has(label);
    labels = withLabel(labels, label, first ? value : '');
    if (first) seen.add(label);
  }
  return labels;
};

/** One element of value 1 where the vector is empty. */
export const absent = (expr: Expr | undefined, vector: Vector): Vector =>
  vector.length > 0 ? [] : [{ labels: askedLabels(expr), value: 1 }];

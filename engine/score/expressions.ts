/** What scoring prepares once per policy: its compiled expressions. */
import type { MetricName, ServicePolicy } from '../../config/index.js';
import { compileExpression, type Expression } from './expression.js';

/** By metric; null where the text is refused, so that the metric has no number instead of the engine no score. */
export type Expressions = ReadonlyMap<MetricName, Expression | null>;

const compileOrNull = (text: string): Expression | null => {
  try {
    return compileExpression(text);
  } catch {
    return null;
  }
};

const compileAll = (policy: ServicePolicy): Expressions => {
  const expressions = new Map<MetricName, Expression | null>();
  for (const { name, curve } of policy.metrics)
    if (curve.kind === 'expression') expressions.set(name, compileOrNull(curve.text));
  return expressions;
};

/** Policies are immutable, so the same policy always has the same expressions; they go when it goes. */
const known = new WeakMap<ServicePolicy, Expressions>();

export const expressionsOf = (policy: ServicePolicy): Expressions => {
  const found = known.get(policy);
  if (found !== undefined) return found;
  const expressions = compileAll(policy);
  known.set(policy, expressions);
  return expressions;
};

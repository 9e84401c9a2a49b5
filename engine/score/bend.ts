/**
 * Expression curves, applied after every metric has its plain penalty, so that one metric can speak of others in any
 * order. An expression cannot speak of another one: no circles.
 */
import type { Absence } from '../client/index.js';
import type { Judgement } from '../model.js';
import type { Expression, ExpressionScope, Reference } from './expression.js';
import type { Expressions } from './expressions.js';

type ByName = ReadonlyMap<string, Judgement>;

/** Why an expression cannot be judged now; null: it can. */
const gap = ({ metric, field }: Reference, others: ByName): Absence | null => {
  const other = others.get(metric);
  if (other === undefined) return 'missing';
  return (field === 'p' ? other.penalty : other.value) === null ? (other.absence ?? 'missing') : null;
};

const valuesOf = (judgement: Judgement | undefined): { readonly cur: number; readonly p: number } => ({
  cur: judgement?.value ?? Number.NaN,
  p: judgement?.penalty ?? Number.NaN,
});

const withhold = (judgement: Judgement, absence: Absence, since: number | null = null): Judgement => ({
  ...judgement,
  value: null,
  sampledAt: null,
  status: 'absent',
  absence,
  since,
  penalty: absence === 'too-little-traffic' ? 0 : null,
});

const bend = (judgement: Judgement, { readsOwn, references, evaluate }: Expression, others: ByName): Judgement => {
  if (judgement.status === 'absent' && readsOwn) return judgement;
  const scope: ExpressionScope = {
    ...valuesOf(judgement),
    good: judgement.metric.good,
    critical: judgement.metric.critical,
  };
  let sampledAt = judgement.sampledAt;
  for (const reference of references) {
    const missing = gap(reference, others);
    const other = others.get(reference.metric);
    if (missing !== null) return withhold(judgement, missing, other?.since);
    scope[reference.metric] = valuesOf(other);
    sampledAt = Math.max(sampledAt ?? 0, other?.sampledAt ?? 0);
  }
  const penalty = evaluate(scope);
  if (Number.isNaN(penalty)) return withhold(judgement, 'not-a-number');
  return { ...judgement, status: 'judged', absence: null, since: null, penalty, sampledAt };
};

/** The same judgements with every expression applied; the same array when there is none. */
export const bendAll = (judgements: readonly Judgement[], expressions: Expressions): readonly Judgement[] => {
  if (expressions.size === 0) return judgements;
  const plain = judgements.filter(({ name }) => !expressions.has(name));
  const others: ByName = new Map(plain.map((judgement) => [judgement.name, judgement]));
  return judgements.map((judgement) => {
    const expression = expressions.get(judgement.name);
    if (expression === undefined || judgement.status === 'held') return judgement;
    return expression === null ? withhold(judgement, 'not-a-number') : bend(judgement, expression, others);
  });
};

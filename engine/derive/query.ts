import type { Absence } from '../client/index.js';
import type { Reading } from '../model.js';
import { couldAnswer, hasRange } from './exposed.js';
import { newest } from './freshness.js';
import type { Expr } from './promql/ast.js';
import { evaluate } from './promql/evaluate.js';
import { EvaluationError } from './promql/problem.js';
import type { Value } from './promql/values.js';
import { ScopeView } from './scope-view.js';
import type { Scope } from './scope.js';
import type { PageWindow } from './store/page.js';

export const absent = (absence: Absence, since: number): Reading => ({ kind: 'absent', absence, since });

export interface Asked {
  readonly value: Value;
  /** When the newest sample behind the value was taken; -Infinity: no sample was looked at. */
  readonly sampledAt: number;
}

/** Null: the query fails on these series (duplicates, many-to-many). */
export const ask = (expr: Expr, scope: Scope, afterMs: number | null, atMs: number): Asked | null => {
  const view = new ScopeView(scope, afterMs);
  try {
    return { value: evaluate(expr, view, atMs), sampledAt: view.newest };
  } catch (thrown) {
    if (thrown instanceof EvaluationError) return null;
    throw thrown;
  }
};

/** One number, or nothing; a vector's elements are added up where `sum` says so. */
export const numberOf = (value: Value): number | undefined =>
  value.kind === 'scalar' ? value.value : value.vector.length === 1 ? value.vector[0]?.value : undefined;

export const sumOf = (value: Value): number | undefined => {
  if (value.kind === 'scalar') return value.value;
  return value.vector.length === 0 ? undefined : value.vector.reduce((sum, element) => sum + element.value, 0);
};

/** Fewer than two rows since the mark: nothing can have risen yet. */
export const tooFewRows = (pages: readonly PageWindow[], afterMs: number | null): boolean =>
  pages.every(({ blocks }) =>
    blocks.every((block) => block.count < 2 || (afterMs !== null && block.timeAt(0) <= afterMs)),
  );

/** An instant-vector query with one element, or a number. */
export const readQuery = (expr: Expr, scope: Scope, afterMs: number | null, staleMs: number, now: number): Reading => {
  const at = newest(scope.own);
  const asked = ask(expr, scope, afterMs, now);
  if (!asked) return absent('ambiguous', at);
  const { value, sampledAt } = asked;
  if (value.kind === 'vector' && value.vector.length > 1) return absent('ambiguous', at);
  const number = numberOf(value);
  if (number === undefined) return absent(whyEmpty(expr, scope, afterMs), at);
  if (sampledAt > -Infinity && now - sampledAt > staleMs) return absent('stale', sampledAt);
  if (!Number.isFinite(number)) return absent('not-a-number', at);
  return { kind: 'value', value: number, sampledAt: sampledAt > -Infinity ? sampledAt : at };
};

const whyEmpty = (expr: Expr, scope: Scope, afterMs: number | null): Absence => {
  if (!couldAnswer(expr, scope)) return 'never-exposed';
  const waits = hasRange(expr) || afterMs !== null;
  return waits && tooFewRows(scope.own, afterMs) ? 'warming-up' : 'empty';
};

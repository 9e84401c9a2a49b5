import type { Absence } from '../client/index.js';
import type { Reading } from '../model.js';
import { couldAnswer, hasRange } from './exposed.js';
import { newest } from './freshness.js';
import type { Expr } from './promql/ast.js';
import { evaluate } from './promql/evaluate.js';
import { numberQuery, several } from './promql/number.js';
import { EvaluationError } from './promql/problem.js';
import { ScopeView } from './scope-view.js';
import type { Scope } from './scope.js';
import type { PageWindow } from './store/page.js';

export const absent = (absence: Absence, since: number): Reading => ({ kind: 'absent', absence, since });

/** What a query came to. */
export interface Asked {
  /** The value of the only element, or the number that it is; undefined: there is none, or several. */
  readonly number: number | undefined;
  /** All elements added up; undefined: there is none. */
  readonly sum: number | undefined;
  /** More than one element. */
  readonly several: boolean;
  /** When the newest sample behind the value was taken; -Infinity: no sample was looked at. */
  readonly sampledAt: number;
}

/** Null: the query fails on these series (duplicates, many-to-many). */
export const ask = (expr: Expr, scope: Scope, afterMs: number | null, atMs: number): Asked | null => {
  const view = new ScopeView(scope, afterMs);
  const query = numberQuery(expr);
  const number = query === null ? several : query(view, atMs);
  if (number === several) return askVector(expr, view, atMs);
  return { number, sum: number, several: false, sampledAt: view.newest };
};

const askVector = (expr: Expr, view: ScopeView, atMs: number): Asked | null => {
  try {
    const value = evaluate(expr, view, atMs);
    const vector = value.kind === 'scalar' ? [value] : value.vector;
    const number = vector.length === 1 ? vector[0]?.value : undefined;
    const sum = vector.length === 0 ? undefined : vector.reduce((all, element) => all + element.value, 0);
    return { number, sum, several: vector.length > 1, sampledAt: view.newest };
  } catch (thrown) {
    if (thrown instanceof EvaluationError) return null;
    throw thrown;
  }
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
  const { number, sampledAt } = asked;
  if (asked.several) return absent('ambiguous', at);
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

import type { Reading } from '../model.js';
import { couldAnswer } from './exposed.js';
import { newest } from './freshness.js';
import type { Expr } from './promql/ast.js';
import type { Selector } from './promql/selector.js';
import { absent, ask, tooFewRows } from './query.js';
import { increaseIn } from './store/increase.js';
import type { Scope } from './scope.js';
import type { PageWindow } from './store/page.js';

export interface Stall {
  readonly inFlight: Expr;
  readonly completed: Selector;
  readonly atLeast: number;
}

/** 1: requests were in flight at the last two scrapes, and none was completed between them; else 0. */
export const readStall = (stall: Stall, scope: Scope, afterMs: number | null, now: number): Reading => {
  const pages = scope.own;
  const at = newest(pages);
  if (!couldAnswer(stall.inFlight, scope)) return absent('never-exposed', at);
  if (tooFewRows(pages, afterMs)) return absent('warming-up', at);
  const before = inFlightAt(stall, scope, rowBefore(pages));
  const after = inFlightAt(stall, scope, now);
  if (after === null || before === null) return absent('ambiguous', at);
  if (after === undefined) return absent('empty', at);
  if (Number.isNaN(after) || Number.isNaN(before)) return absent('not-a-number', at);
  const stands =
    after >= stall.atLeast && (before ?? 0) >= stall.atLeast && completed(stall, scope.pagesFor(stall.completed)) === 0;
  return { kind: 'value', value: stands ? 1 : 0, sampledAt: at };
};

/** Undefined: no such series then; null: the query fails on these series. */
const inFlightAt = ({ inFlight }: Stall, scope: Scope, atMs: number): number | null | undefined => {
  const asked = ask(inFlight, scope, null, atMs);
  return asked && asked.sum;
};

const rowBefore = (pages: readonly PageWindow[]): number => {
  let at = -Infinity;
  for (const { blocks } of pages) for (const block of blocks) if (block.count > 1) at = Math.max(at, block.timeAt(1));
  return at;
};

const completed = ({ completed: selector }: Stall, pages: readonly PageWindow[]): number => {
  let sum = 0;
  for (const { blocks } of pages) for (const block of blocks) sum += increaseIn(block, selector, 1).increase;
  return sum;
};

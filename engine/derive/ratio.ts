import type { Reading } from '../model.js';
import { evidenceOf, windowsFor } from './evidence.js';
import { newest } from './freshness.js';
import type { Selector } from './promql/selector.js';
import { absent, tooFewRows } from './query.js';
import type { Scope } from './scope.js';
import type { Block } from './store/block.js';
import { increaseIn } from './store/increase.js';
import { ageAtOrBefore, type PageWindow } from './store/page.js';

export interface Ratio {
  readonly bad: Selector;
  readonly total: Selector;
}

interface Counted {
  readonly bad: number;
  readonly total: number;
  readonly unclean: boolean;
}

/** The worst that any window proves, or why nothing can be said. */
export const readRatio = ({ bad, total }: Ratio, scope: Scope, afterMs: number | null): Reading => {
  const pages = scope.pagesFor(total);
  const at = newest(scope.own);
  if (!scope.knows(total)) return absent('never-exposed', at);
  if (tooFewRows(pages, afterMs)) return absent('warming-up', at);
  const windows = windowsFor(Math.max(...pages.map(({ intervalMs }) => intervalMs)));
  const counts = windows.map((windowMs) => count({ bad, total }, pages, windowMs, afterMs));
  const [newestCount] = counts;
  // What was counted before proves nothing of a process that now shows no number.
  if (newestCount?.unclean && newestCount.total === 0 && newestCount.bad === 0) return absent('not-a-number', at);
  const widest = counts.at(-1);
  if (widest && widest.total === 0 && widest.bad === 0)
    return absent(widest.unclean ? 'not-a-number' : 'too-little-traffic', at);
  return { kind: 'value', value: Math.max(...counts.map((each) => evidenceOf(each.bad, each.total))), sampledAt: at };
};

const count = (
  { bad, total }: Ratio,
  pages: readonly PageWindow[],
  windowMs: number,
  afterMs: number | null,
): Counted => {
  const sum = { bad: 0, total: 0, unclean: false };
  for (const { blocks, intervalMs } of pages)
    for (const block of blocks) {
      const from = baselineAge(block, windowMs, intervalMs, afterMs);
      const [bads, totals] = [increaseIn(block, bad, from), increaseIn(block, total, from)];
      sum.bad += bads.increase;
      sum.total += totals.increase;
      sum.unclean ||= bads.unclean || totals.unclean;
    }
  return sum;
};

/** The row nearest to the window's start (scrapes are a little early or late), never before the mark's baseline. */
const baselineAge = (block: Block, windowMs: number, intervalMs: number, afterMs: number | null): number => {
  if (block.count === 0) return 0;
  const start = block.timeAt(0) - windowMs + intervalMs / 2;
  const age = ageAtOrBefore(block, start);
  return afterMs === null ? age : Math.min(age, ageAtOrBefore(block, afterMs));
};

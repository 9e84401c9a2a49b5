import type { Absence } from '../client/index.js';
import type { PageWindow } from './store/page.js';

export type Fresh =
  | { readonly kind: 'fresh'; readonly pages: readonly PageWindow[] }
  | { readonly kind: 'absent'; readonly absence: Absence; readonly since: number };

/** Outcomes after which the page says nothing, however young its last samples are. */
const silenced = new Set(['unreadable', 'refused']);

/**
 * The pages of a level that can be believed now. A single lost scrape touches nothing; an answer that is no page, or none at
 * all, makes the values missing at once; old samples are stale.
 */
export const freshPages = (pages: readonly PageWindow[], staleIntervals: number, now: number): Fresh => {
  const [only] = pages;
  // As nearly everywhere: one page, and it is well.
  if (only && pages.length === 1 && answers(only) && isYoung(only, staleIntervals, now))
    return { kind: 'fresh', pages };
  const good = pages.filter(({ lastGoodAt }) => lastGoodAt !== null);
  if (good.length === 0) return { kind: 'absent', absence: 'missing', since: only?.last?.at ?? now };
  const answering = good.filter(answers);
  if (answering.length === 0) return { kind: 'absent', absence: 'missing', since: newest(good) };
  const fresh = answering.filter((page) => isYoung(page, staleIntervals, now));
  return fresh.length > 0
    ? { kind: 'fresh', pages: fresh }
    : { kind: 'absent', absence: 'stale', since: newest(answering) };
};

const answers = ({ last, lastGoodAt }: PageWindow): boolean =>
  last !== null && lastGoodAt !== null && !silenced.has(last.kind);

const isYoung = ({ lastGoodAt, intervalMs }: PageWindow, staleIntervals: number, now: number): boolean =>
  now - (lastGoodAt ?? 0) <= staleIntervals * intervalMs;

/** When the newest page was read. */
export const newest = (pages: readonly PageWindow[]): number => {
  let at = -Infinity;
  for (const { lastGoodAt } of pages) if (lastGoodAt !== null && lastGoodAt > at) at = lastGoodAt;
  return at;
};

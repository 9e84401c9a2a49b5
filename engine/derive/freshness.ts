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
  const good = pages.filter(({ lastGoodAt }) => lastGoodAt !== null);
  if (good.length === 0) return { kind: 'absent', absence: 'missing', since: pages[0]?.last?.at ?? now };
  const answering = good.filter(({ last }) => last !== null && !silenced.has(last.kind));
  if (answering.length === 0) return { kind: 'absent', absence: 'missing', since: newest(good) };
  const fresh = answering.filter((page) => now - (page.lastGoodAt ?? 0) <= staleIntervals * page.intervalMs);
  return fresh.length > 0
    ? { kind: 'fresh', pages: fresh }
    : { kind: 'absent', absence: 'stale', since: newest(answering) };
};

/** When the newest page was read. */
export const newest = (pages: readonly PageWindow[]): number => {
  let at = -Infinity;
  for (const { lastGoodAt } of pages) if (lastGoodAt !== null && lastGoodAt > at) at = lastGoodAt;
  return at;
};

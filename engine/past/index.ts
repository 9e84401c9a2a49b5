/** What was, as the HTTP API asks for it. */
import type { Clock } from '../../lib/clock.js';
import type { Explanation } from '../client/index.js';
import { stepFor, type History, type HistoryRange, type HistoryStore } from '../store/index.js';
import { explainAt, type PastSources } from './explain.js';

export { explainAt, type PastSources } from './explain.js';

export interface PastParts extends Omit<PastSources, 'store'> {
  readonly store: HistoryStore;
  readonly clock: Clock;
}

export const createPast = (parts: PastParts) => ({
  history: (range: HistoryRange): History => parts.store.history(range),
  span: (service: string, instance: string) => parts.store.span(service, instance),
  stepFor,
  /** @throws BallastError `NO_HISTORY` (404). */
  explainAt: (service: string, instance: string, time: number): Explanation =>
    explainAt(parts, service, instance, time, parts.clock.now()),
});

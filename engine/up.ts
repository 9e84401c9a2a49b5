import type { ScrapeOutcome, UpObservation } from './model.js';

/** What is said of whoever sent a page. */
export const answersWell = 'answers';

export const neverScraped: UpObservation = { last: 'none', inARow: 0, missed: 0, at: 0, why: 'not scraped yet' };

/** A page that makes no sense was still sent by somebody who lives. */
const lastOf = ({ kind }: ScrapeOutcome): UpObservation['last'] =>
  kind === 'page' || kind === 'unreadable' ? 'answered' : kind;

/** Takes in how a scrape of the instance's own page ended. */
export const foldUp = (before: UpObservation, outcome: ScrapeOutcome, now: number): UpObservation => {
  const last = lastOf(outcome);
  const inARow = before.last === last ? before.inARow + 1 : 1;
  const missed = last === 'lost' || last === 'unfinished' ? before.missed + 1 : 0;
  return { last, inARow, missed, at: now, why: outcome.kind === 'page' ? answersWell : outcome.why };
};

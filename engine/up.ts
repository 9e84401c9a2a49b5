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

/**
 * How the scrapes of one instance's own page went lately. It is written over with each of them: an object for each scrape
 * would live until the next one, long enough to be moved to the old heap, and leave a hole there.
 */
export class OwnScrapes {
  #last = neverScraped.last;
  #inARow = neverScraped.inARow;
  #missed = neverScraped.missed;
  #at = neverScraped.at;
  #why = neverScraped.why;
  #tookMs = 0;

  get up(): UpObservation {
    return { last: this.#last, inARow: this.#inARow, missed: this.#missed, at: this.#at, why: this.#why };
  }

  /** How long the last one took. */
  get tookMs(): number {
    return this.#tookMs;
  }

  take(outcome: ScrapeOutcome, tookMs: number, now: number): void {
    const { last, inARow, missed, at, why } = foldUp(this.up, outcome, now);
    this.#last = last;
    this.#inARow = inARow;
    this.#missed = missed;
    this.#at = at;
    this.#why = why;
    this.#tookMs = tookMs;
  }
}

import type { Clock } from '../../lib/clock.js';
import type { Scrape, ScrapeOutcome, SeriesFilter, Target } from '../model.js';
import type { Answer } from './body.js';
import { uncompress } from './encoding.js';
import { outcomeOf } from './failure.js';
import { Plain } from './plain.js';
import { Pooled } from './pooled.js';
import { readPage } from './read.js';
import type { Transport } from './transport.js';

/** Fetches pages over kept connections. Never throws for what a peer does: that is the outcome. */
export class PageFetcher {
  readonly #clock: Clock;
  readonly #plain: Transport;
  readonly #pooled: Transport;

  /** `plain`: how pages without TLS are brought. */
  constructor(clock: Clock, plain: Transport = new Plain(clock)) {
    this.#clock = clock;
    this.#plain = plain;
    this.#pooled = new Pooled(clock);
  }

  /** Rejects only with the signal's own reason. */
  async fetch(target: Target, filter: SeriesFilter, signal: AbortSignal): Promise<Scrape> {
    signal.throwIfAborted();
    const startedAt = this.#clock.now();
    const begun = this.#clock.mono();
    const transport = target.url.startsWith('http:') ? this.#plain : this.#pooled;
    const outcome = await transport.ask(target, signal, (answer) => readAnswer(answer, target, filter));
    return { target: target.key, startedAt, durationMs: this.#clock.mono() - begun, outcome };
  }

  async close(): Promise<void> {
    await Promise.all([this.#plain.close(), this.#pooled.close()]);
  }
}

type Outcome = ScrapeOutcome | Promise<ScrapeOutcome>;

const readAnswer = (answer: Answer, target: Target, filter: SeriesFilter): Outcome => {
  if (answer.kind === 'failed') return outcomeOf(answer.error, answer.answered);
  if (answer.kind === 'unfit') return { kind: 'unreadable', why: answer.why };
  const { body, contentType, encoding } = answer;
  const read = (page: Buffer): ScrapeOutcome => readBody(page, contentType, target, filter);
  return encoding === 'none' ? read(body) : uncompress(body, encoding, target.bodyLimitBytes, read);
};

const readBody = (
  body: Buffer,
  contentType: string | null,
  { format = 'auto' }: Target,
  filter: SeriesFilter,
): ScrapeOutcome => {
  const page = readPage(body, contentType, filter, format === 'actuator' ? 'json' : format);
  return page.ok
    ? { kind: 'page', samples: page.samples, warnings: page.warnings }
    : { kind: 'unreadable', why: page.why };
};

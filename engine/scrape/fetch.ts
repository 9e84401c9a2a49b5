import type { Clock } from '../../lib/clock.js';
import type { Scrape, ScrapeOutcome, SeriesFilter, Target } from '../model.js';
import { readActuator, type AskedPage } from './actuator/index.js';
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
    const outcome =
      target.format === 'actuator'
        ? await this.#actuator(target, filter, signal)
        : await this.#transport(target.url).ask(target, signal, (answer) => readAnswer(answer, target, filter));
    return { target: target.key, startedAt, durationMs: this.#clock.mono() - begun, outcome };
  }

  /** Many requests and one scrape: the time limit is for all of them together. */
  #actuator(target: Target, filter: SeriesFilter, signal: AbortSignal): Promise<ScrapeOutcome> {
    const { timeoutMs, bodyLimitBytes } = target;
    const deadline = this.#clock.mono() + timeoutMs;
    let answered = false;
    const ask = async (url: string): Promise<AskedPage> => {
      const left = deadline - this.#clock.mono();
      if (left <= 0) return { kind: 'unfinished', why: `not all pages of meters within ${timeoutMs} ms` };
      const one = { ...target, url, timeoutMs: left };
      const page = await this.#transport(url).ask(one, signal, (answer) => bodyOf(answer, bodyLimitBytes));
      if (page.kind === 'lost' && answered) return { kind: 'unfinished', why: page.why };
      answered = true;
      return page;
    };
    return readActuator(target.url, ask, filter);
  }

  #transport(url: string): Transport {
    return url.startsWith('http:') ? this.#plain : this.#pooled;
  }

  async close(): Promise<void> {
    await Promise.all([this.#plain.close(), this.#pooled.close()]);
  }
}

/** A body that may be kept. */
const bodyOf = (answer: Answer, limit: number): AskedPage | Promise<AskedPage> => {
  if (answer.kind === 'failed') return outcomeOf(answer.error, answer.answered);
  if (answer.kind === 'unfit') return { kind: 'unreadable', why: answer.why };
  const { body, encoding } = answer;
  if (encoding === 'none') return { kind: 'body', body: Buffer.from(body) };
  return uncompress(body, encoding, limit, (page): AskedPage => ({ kind: 'body', body: page }));
};

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

import type { Log } from '../lib/log.js';
import type { Scrape, ScrapeOutcome, Target, TargetKey } from './model.js';

/** Of a page with thousands of bad lines these are enough to find the cause. */
const shownWarnings = 5;

/**
 * What a person who runs that page should mend; null: nothing. That nobody answers is told by the instance's score, except of a
 * Prometheus server, which is nobody's own.
 */
const troubleOf = (level: Target['level'], outcome: ScrapeOutcome): string | null => {
  if (outcome.kind === 'unreadable' || (level === 'prometheus' && outcome.kind !== 'page')) return outcome.why;
  if (outcome.kind !== 'page' || outcome.warnings.length === 0) return null;
  const { length } = outcome.warnings;
  const more = length > shownWarnings ? `; and ${length - shownWarnings} more` : '';
  const what = level === 'prometheus' ? '' : 'lines that cannot be used: ';
  return `${what}${outcome.warnings.slice(0, shownWarnings).join('; ')}${more}`;
};

const shownServers = 3;
const shortened = (promql: string): string => {
  const line = promql.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
};

/** What is told of one page, at most: it may change with each scrape. */
const quietMs = 60_000;

/** Says once what is wrong with a page, and once that it is well again. Lost scrapes in between are no news. */
export class PageTroubles {
  readonly #told = new Map<TargetKey, { readonly trouble: string | null; readonly at: number }>();

  /** What is wrong now with questions to Prometheus servers, by target. */
  readonly #asked = new Map<TargetKey, string>();

  constructor(private readonly log: Log) {}

  /** The same for people, a sentence each: of a server that many instances rest on. */
  get ofServers(): readonly string[] {
    const all = [...this.#asked.values()].sort();
    return all.length > shownServers ? [...all.slice(0, shownServers), `and ${all.length - shownServers} more`] : all;
  }

  note({ key, url, level, question }: Target, { outcome, startedAt }: Scrape): void {
    if (level !== 'prometheus' && outcome.kind !== 'page' && outcome.kind !== 'unreadable') return;
    const trouble = troubleOf(level, outcome);
    if (question && trouble !== null)
      this.#asked.set(key, `Prometheus, asked ${shortened(question.promql)}: ${trouble}`);
    else this.#asked.delete(key);
    const told = this.#told.get(key);
    if (trouble === (told?.trouble ?? null) || (told && startedAt - told.at < quietMs)) return;
    this.#told.set(key, { trouble, at: startedAt });
    const fields = { url, source: level, ...(question ? { query: question.promql } : {}) };
    if (trouble === null) this.log.info(fields, 'a page can be read well again');
    else this.log.warn({ ...fields, why: trouble }, 'a page cannot be read well');
  }

  /** Forgets the pages that are not scraped any more. */
  retain(keys: ReadonlySet<TargetKey>): void {
    for (const known of [this.#told, this.#asked])
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
  }
}

/**
 * Spring Boot's `/actuator/metrics`: a page that lists meters, and a page for each. Only meters that some query names are asked
 * for, and parts of them only by tags that some query looks at. A meter is brought whole or not at all: a part that is missing
 * would be read as a fall.
 */
import type { Sample, ScrapeOutcome, SeriesFilter } from '../../model.js';
import { drill } from './drill.js';
import type { AskMeter, Tag } from './drill.js';
import { stemOf, valuesOf } from './naming.js';
import { readList, readMeter } from './wire.js';

/** Requests for one scrape, the list among them; and for one meter, so that one with many tags leaves some to the others. */
export const requestLimit = 300;
export const meterLimit = 100;
/** Meters asked for at once, each over a connection of its own. */
const atOnce = 4;

/** A page, or how asking for it ended. */
export type AskedPage = { readonly kind: 'body'; readonly body: Buffer } | Exclude<ScrapeOutcome, { kind: 'page' }>;
export type AskPage = (url: string) => Promise<AskedPage>;

const advice = 'scrape /actuator/prometheus instead, or look at fewer labels';

/** A meter cannot be brought; the others can. */
class MeterError extends Error {}

/** The peer is gone: so is the scrape. */
class PeerError extends Error {
  constructor(readonly outcome: ScrapeOutcome) {
    super('the peer is gone');
  }
}

const urlOf = (base: string, name: string, tags: readonly Tag[]): string => {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(name)}`;
  for (const { tag, value } of tags) url.searchParams.append('tag', `${tag}:${value}`);
  return url.href;
};

/**
 * The wanted names that each meter may bring, by its own name; what it brings indeed is known from its page. A name belongs to
 * the longest that fits: `x_active_seconds_count` to `x.active` rather than to `x`.
 */
const namesByMeter = (
  meters: readonly string[],
  { open, names }: SeriesFilter,
): ReadonlyMap<string, readonly string[]> => {
  const stems = meters.map((meter) => ({ meter, stem: stemOf(meter) }));
  const found = new Map<string, string[]>(open ? meters.map((meter) => [meter, []]) : []);
  for (const name of names) {
    const fits = stems.filter(({ stem }) => name === stem || name.startsWith(`${stem}_`));
    const longest = Math.max(...fits.map(({ stem }) => stem.length));
    for (const { meter, stem } of fits)
      if (stem.length === longest) found.set(meter, [...(found.get(meter) ?? []), name]);
  }
  return found;
};

class Scraping {
  readonly samples: Sample[] = [];
  readonly warnings: string[] = [];
  #requests = 1;
  /** How the peer failed: nothing more is asked. */
  #over: Exclude<ScrapeOutcome, { kind: 'page' }> | null = null;

  constructor(
    private readonly base: string,
    private readonly askPage: AskPage,
    private readonly filter: SeriesFilter,
  ) {}

  async run(meters: readonly string[]): Promise<void> {
    const waiting = namesByMeter(meters, this.filter).entries();
    const work = async (): Promise<void> => {
      for (const [meter, names] of waiting) await this.#meter(meter, names);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  async #meter(meter: string, names: readonly string[]): Promise<void> {
    try {
      const parts = await drill(this.#asker(), meter, names, this.filter);
      for (const part of parts)
        for (const [name, value] of valuesOf(meter, part.meter)) this.#put({ name, labels: part.labels, value });
    } catch (error) {
      if (!(error instanceof MeterError)) throw error;
      this.warnings.push(`${meter} ${error.message}`);
    }
  }

  #put({ name, labels, value }: Omit<Sample, 'timestampMs'>): void {
    if ((this.filter.open || this.filter.names.has(name)) && this.filter.wants(name, labels))
      this.samples.push({ name, labels, value, timestampMs: null });
  }

  /** For one meter. */
  #asker(): AskMeter {
    let requests = 0;
    return async (name, tags) => {
      if (++requests > meterLimit) throw new MeterError(`needs more than ${meterLimit} requests; ${advice}`);
      if (++this.#requests > requestLimit)
        throw new MeterError(`comes after ${requestLimit} requests for other meters; ${advice}`);
      const page = this.#over ?? (await this.askPage(urlOf(this.base, name, tags)));
      if (page.kind === 'unreadable') throw new MeterError(`cannot be read: ${page.why}`);
      if (page.kind !== 'body') throw new PeerError((this.#over = page));
      const meter = readMeter(page.body);
      if (meter === null) throw new MeterError('cannot be read: its page is not one of a meter');
      return meter;
    };
  }
}

export const readActuator = async (base: string, ask: AskPage, filter: SeriesFilter): Promise<ScrapeOutcome> => {
  const list = await ask(base);
  if (list.kind !== 'body') return list;
  const meters = readList(list.body);
  if (meters === null) return { kind: 'unreadable', why: 'it is no list of meters ({"names": [...]}) of Spring Boot' };
  const scraping = new Scraping(base, ask, filter);
  try {
    await scraping.run([...new Set(meters)].sort());
  } catch (error) {
    if (error instanceof PeerError) return error.outcome;
    throw error;
  }
  const { samples, warnings } = scraping;
  return { kind: 'page', samples, warnings };
};

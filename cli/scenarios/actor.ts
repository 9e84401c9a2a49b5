/** One instance of a scenario: what its pages show at each scrape, and what others say of it at each time. */
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { parseDuration } from '../../config/units.js';
import type { RotationMark } from '../../engine/client/index.js';
import type { Instance, Sample, ScrapeOutcome } from '../../engine/model.js';
import { parseSeriesName, spread, valuesOf } from './notation.js';
import type { InstanceFile, ScrapeWord, SeriesFile } from './schema.js';

/** The series of one page: of each the values by scrape. */
interface Page {
  readonly series: readonly {
    readonly name: string;
    readonly labels: Sample['labels'];
    readonly values: readonly (number | null)[];
  }[];
  readonly scrapes: readonly ScrapeWord[];
}

const pageOf = (file: SeriesFile | undefined, scrapes: InstanceFile['scrapes'], count: number): Page => ({
  series: Object.entries(file ?? {}).flatMap(([text, runs]) => {
    const parsed = parseSeriesName(text);
    return parsed.ok ? [{ ...parsed.value, values: valuesOf(runs, count) }] : [];
  }),
  scrapes: spread(scrapes ?? [], count),
});

const reasons = {
  lost: 'no answer in time',
  refused: 'connection refused',
  unfinished: 'the answer did not end in time',
  unreadable: 'no metrics page',
} as const;

/** Null: nobody scraped. */
const outcomeOf = ({ series, scrapes }: Page, nth: number): ScrapeOutcome | null => {
  const word = scrapes[nth] ?? 'page';
  if (word === 'none') return null;
  if (word !== 'page') return { kind: word, why: reasons[word] };
  const samples = series.flatMap(({ name, labels, values }): Sample[] => {
    const value = values[nth] ?? null;
    return value === null ? [] : [{ name, labels, value, timestampMs: null }];
  });
  return { kind: 'page', samples, warnings: [] };
};

/** The last of the changes up to a time; null: none yet. */
const latest = <T>(changes: Readonly<Record<string, T>> | undefined, now: number): { at: number; value: T } | null => {
  let found: { at: number; value: T } | null = null;
  for (const [text, value] of Object.entries(changes ?? {})) {
    const at = parseDuration(text) ?? 0;
    if (at <= now && at >= (found?.at ?? 0)) found = { at, value };
  }
  return found;
};

export class Actor {
  readonly #file: InstanceFile;
  readonly #app: Page;
  readonly #system: Page;

  constructor(
    readonly id: InstanceId,
    private readonly place: number,
    private readonly policy: ServicePolicy,
    file: InstanceFile,
    count: { readonly app: number; readonly system: number },
  ) {
    this.#file = file;
    this.#app = pageOf(file.series, file.scrapes, count.app);
    this.#system = pageOf(file.system, file.system_scrapes, count.system);
  }

  isThere(now: number): boolean {
    const { joins = 0, leaves = Infinity } = this.#file;
    return now >= joins && now < leaves;
  }

  outcome(level: 'app' | 'system', nth: number): ScrapeOutcome | null {
    return outcomeOf(level === 'app' ? this.#app : this.#system, nth);
  }

  /** As discovery knows it; without `joins` it was there before. */
  instance(now: number): Instance {
    return {
      id: this.id,
      service: this.policy.service,
      node: { name: 'node-1', address: '10.0.0.1' },
      address: '10.0.0.1',
      port: 8_000 + this.place,
      datacenter: '',
      consulWhy: '',
      checks: [],
      tags: [],
      meta: {},
      consul: latest(this.#file.consul, now)?.value ?? 'passing',
      joinedAt: this.#file.joins ?? null,
    };
  }

  /** The mark that the test sets, in place of the scheduler's; undefined: it sets none at all. */
  mark(now: number): RotationMark | null | undefined {
    if (this.#file.rotation === undefined) return undefined;
    const found = latest(this.#file.rotation, now);
    return found && { state: found.value, since: found.at };
  }
}

/** What was told, in Consul: so that a new leader opens no episode anew, and closes those of the leader before. */
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Episode, Told, toldSchema } from '../client/index.js';
import type { KvMirror } from '../world/mirror.js';
import type { NotifyMemory } from './model.js';

const againMs = 10_000;

/** No service is called so. */
const aboutAll = '-';
/** What was gathered for the next summary. */
const summaryKey = `${aboutAll}/summary`;

/** What of a leader's memory the next one must know. */
export type Kept = Pick<NotifyMemory, 'episodes' | 'gathered' | 'gatheredSince'>;

/** What lies under one key. */
type Page = Omit<Told, 'token'>;

const blank: Page = { episodes: [], gathered: null };

const keyOf = ({ about }: Episode): string => about.service ?? aboutAll;

/** What the next leader must know; the words of an episode may change with every turn. */
const gist = ({ episodes, gathered }: Page): string =>
  JSON.stringify([gathered, episodes.map(({ id, level, facts, messages }) => [id, level, facts, messages])]);

const pagesOf = ({ episodes, gathered, gatheredSince }: Kept): Map<string, Page> => {
  const pages = new Map<string, Page>();
  for (const episode of episodes.values()) {
    const before = pages.get(keyOf(episode)) ?? blank;
    pages.set(keyOf(episode), { ...before, episodes: [...before.episodes, episode] });
  }
  if (gatheredSince !== null)
    pages.set(summaryKey, { ...blank, gathered: { since: gatheredSince, sentences: [...gathered] } });
  return pages;
};

/** Whether something is not delivered yet: of a service, of everything (null), or a summary. */
export interface Waiting {
  readonly about: (service: string | null) => boolean;
  readonly summary: () => boolean;
}

const isWaiting = (waiting: Waiting, key: string): boolean =>
  key === summaryKey ? waiting.summary() : waiting.about(key === aboutAll ? null : key);

export class ToldStore {
  /** By key, as Consul holds it under our token. */
  private readonly written = new Map<string, string>();
  private writing = false;
  /** On the monotonic clock; after a failure. */
  private notBefore = -Infinity;

  constructor(
    private readonly mirror: KvMirror<typeof toldSchema>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** What the leader before told and gathered. Rejects when Consul cannot say. */
  async recall(): Promise<Kept> {
    await this.mirror.refresh();
    this.written.clear();
    const episodes = new Map<string, Episode>();
    let summary: Page['gathered'] = null;
    for (const [key, entry] of this.mirror.all()) {
      if (entry.kind !== 'value') continue;
      this.written.set(key, gist(entry.value));
      for (const episode of entry.value.episodes) episodes.set(episode.key, episode);
      summary ??= entry.value.gathered;
    }
    return { episodes, gathered: summary?.sentences ?? [], gatheredSince: summary?.since ?? null };
  }

  /**
   * Writes what changed, of those services of which nothing waits to be delivered: what was not delivered is not told, and is
   * told again by whoever leads next. Never rejects; one at a time.
   */
  async keep(kept: Kept, waiting: Waiting, token: number): Promise<void> {
    if (this.writing || this.clock.mono() < this.notBefore) return;
    this.writing = true;
    const pages = pagesOf(kept);
    try {
      for (const key of new Set([...this.written.keys(), ...pages.keys()])) {
        const page = pages.get(key) ?? blank;
        if (gist(page) !== (this.written.get(key) ?? gist(blank)) && !isWaiting(waiting, key))
          await this.write(key, page, token);
      }
    } catch (thrown) {
      this.notBefore = this.clock.mono() + againMs;
      this.log.warn({ err: messageOf(thrown) }, 'what was told could not be kept in Consul; it is tried again');
    } finally {
      this.writing = false;
    }
  }

  private async write(key: string, page: Page, token: number): Promise<void> {
    const known = this.mirror.get(key);
    if (known.kind === 'value' && known.value.token > token) throw new Error('a newer leader has written');
    const gone = gist(page) === gist(blank);
    const done = gone
      ? known.kind === 'absent' || (await this.mirror.delete(key))
      : await this.mirror.put(key, { token, ...page });
    if (!done) {
      await this.mirror.refresh();
      throw new Error(`somebody else wrote ${key} in between`);
    }
    if (gone) this.written.delete(key);
    else this.written.set(key, gist(page));
  }
}

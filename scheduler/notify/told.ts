/** What was told, in Consul: so that a new leader opens no episode anew, and closes those of the leader before. */
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Episode, toldSchema } from '../client/index.js';
import type { KvMirror } from '../world/mirror.js';

const againMs = 10_000;

const keyOf = ({ about }: Episode): string => about.service ?? '-';

/** What the next leader must know; the words may change with every turn. */
const gist = (episodes: readonly Episode[]): string =>
  JSON.stringify(episodes.map(({ id, level, facts, messages }) => [id, level, facts, messages]));

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

  /** What the leader before told. Rejects when Consul cannot say. */
  async recall(): Promise<ReadonlyMap<string, Episode>> {
    await this.mirror.refresh();
    this.written.clear();
    const found = new Map<string, Episode>();
    for (const [key, entry] of this.mirror.all()) {
      if (entry.kind !== 'value') continue;
      this.written.set(key, gist(entry.value.episodes));
      for (const episode of entry.value.episodes) found.set(episode.key, episode);
    }
    return found;
  }

  /**
   * Writes what changed, of those services of which nothing waits to be delivered: what was not delivered is not told, and is
   * told again by whoever leads next. Never rejects; one at a time. `waits`: by service, null for what is about everything.
   */
  async keep(episodes: Iterable<Episode>, waits: (service: string | null) => boolean, token: number): Promise<void> {
    if (this.writing || this.clock.mono() < this.notBefore) return;
    this.writing = true;
    const byKey = new Map<string, Episode[]>([...this.written.keys()].map((key) => [key, []]));
    for (const episode of episodes) byKey.set(keyOf(episode), [...(byKey.get(keyOf(episode)) ?? []), episode]);
    try {
      for (const [key, list] of byKey)
        if (gist(list) !== (this.written.get(key) ?? gist([])) && !waits(key === '-' ? null : key))
          await this.write(key, list, token);
    } catch (thrown) {
      this.notBefore = this.clock.mono() + againMs;
      this.log.warn({ err: messageOf(thrown) }, 'what was told could not be kept in Consul; it is tried again');
    } finally {
      this.writing = false;
    }
  }

  private async write(key: string, episodes: readonly Episode[], token: number): Promise<void> {
    const known = this.mirror.get(key);
    if (known.kind === 'value' && known.value.token > token) throw new Error('a newer leader has written');
    const gone = episodes.length === 0;
    const done = gone
      ? known.kind === 'absent' || (await this.mirror.delete(key))
      : await this.put(key, episodes, token);
    if (!done) {
      await this.mirror.refresh();
      throw new Error(`somebody else wrote ${key} in between`);
    }
    if (gone) this.written.delete(key);
    else this.written.set(key, gist(episodes));
  }

  private put(key: string, episodes: readonly Episode[], token: number): Promise<boolean> {
    return this.mirror.put(key, { token, episodes: [...episodes] });
  }
}

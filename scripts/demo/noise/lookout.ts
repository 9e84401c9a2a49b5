/** Asks everybody at once how things stand. */
import type { InstanceView } from '../../../scheduler/client/index.js';
import type { Environment } from '../environment/index.js';
import { demoServices } from '../fleet/roster.js';
import { processAt, Watcher } from '../story/watcher.js';
import type { Look } from './figures.js';

const lostLines = /^ballast_scrape_duration_seconds_count\{level="app",outcome="(?:lost|unfinished)"\} (\d+)$/gm;

export class Lookout {
  private readonly watcher: Watcher;
  private journalSeen: number | null = null;

  constructor(
    private readonly environment: Environment,
    signal: AbortSignal,
  ) {
    this.watcher = new Watcher(environment.engineUrl, environment.schedulerUrl, signal);
  }

  async look(at: number): Promise<Look> {
    const [views, actions, upstream, processes, lostScrapes] = await Promise.all([
      this.watcher.instances(),
      this.watcher.actions(),
      // All upstreams are one configuration: a reload of one is a reload of all.
      this.watcher.gateway(demoServices[0]),
      this.processes(),
      this.lostScrapes(),
    ]);
    return {
      at,
      views: this.known(views),
      processes,
      healings: actions.length,
      reloads: upstream.reloads,
      lostScrapes,
    };
  }

  /** What the journal says since the last time, for people. */
  async news(): Promise<readonly string[]> {
    const entries = await this.watcher.journal(this.journalSeen ?? 0);
    const isFirst = this.journalSeen === null;
    this.journalSeen = Math.max(this.journalSeen ?? 0, ...entries.map(({ seq }) => seq));
    if (isFirst) return [];
    return entries.map(({ code, instance, text }) => `${code ?? ''} ${instance ? `${instance}: ` : ''}${text}`);
  }

  private known(views: readonly InstanceView[]): readonly InstanceView[] {
    const ids = new Set(this.environment.members.map(({ id }) => id));
    return views.filter(({ instance }) => ids.has(instance));
  }

  private async processes(): Promise<ReadonlyMap<string, string | null>> {
    const { members } = this.environment;
    return new Map(await Promise.all(members.map(async (member) => [member.id, await processAt(member)] as const)));
  }

  private async lostScrapes(): Promise<number> {
    const answer = await fetch(`${this.environment.engineUrl}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return [...(await answer.text()).matchAll(lostLines)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

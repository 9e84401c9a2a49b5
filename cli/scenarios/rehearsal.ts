/** Plays a scenario on a virtual clock that begins at 0: scrapes, evaluations and decisions as the two services make them. */
import type { InstanceId } from '../../config/index.js';
import type { Explanation } from '../../engine/client/index.js';
import type { PlannedServer, ServiceState } from '../../scheduler/client/index.js';
import { Actor } from './actor.js';
import { ScenarioEngine } from './engine.js';
import type { Scenario } from './load.js';
import { scrapesOf } from './sanity.js';
import { ScenarioScheduler } from './scheduler.js';

/** Between two evaluations the scheduler decides at least this often, in this clock. */
const decideEveryMs = 1_000;

/** What can be looked at, at one moment. */
export interface Moment {
  readonly now: number;
  /** The number of the scrape, from 0, that was just evaluated; null: time only passed. */
  readonly scrape: number | null;
  readonly state: ServiceState | null;
  /** Null: not evaluated yet, or gone. */
  readonly explain: (id: string) => Explanation | null;
  /** Null: not in the catalog. */
  readonly server: (id: string) => PlannedServer | null;
}

export class Rehearsal {
  readonly intervalMs: number;
  readonly #readsSystem: boolean;
  readonly #systemMs: number;
  readonly #lasts: number;
  readonly #actors: readonly Actor[];
  readonly #engine: ScenarioEngine;
  readonly #scheduler: ScenarioScheduler;
  #present: ReadonlySet<InstanceId> = new Set();

  constructor({ test, compiled }: Scenario) {
    const { policy } = compiled;
    this.intervalMs = policy.scrape.intervalMs;
    this.#readsSystem = policy.system !== null;
    this.#systemMs = policy.system?.intervalMs ?? this.intervalMs;
    this.#lasts = scrapesOf(test, this.intervalMs);
    this.#engine = new ScenarioEngine(compiled);
    this.#scheduler = new ScenarioScheduler(policy);
    const count = { app: this.#lasts, system: Math.ceil((this.#lasts * this.intervalMs) / this.#systemMs) + 1 };
    this.#actors = Object.entries(test.instances).map(
      ([id, file], place) => new Actor(id as InstanceId, place, policy, file, count),
    );
  }

  /** From 0 to `endMs` at least; `see` is called at every moment at which something may have changed, with the time of the next one. */
  play(endMs: number, see: (moment: Moment, next: number) => void): void {
    const end = Math.max(endMs, (this.#lasts - 1) * this.intervalMs);
    for (let now = 0; now <= end; now = this.#next(now)) {
      const scrape = now % this.intervalMs === 0 ? now / this.intervalMs : null;
      const actors = this.#actors.filter((actor) => actor.isThere(now));
      if (this.#readsSystem && now % this.#systemMs === 0) this.#scrapeSystem(actors, now);
      if (scrape !== null) this.#evaluate(actors, scrape, now);
      const instances = actors.map((actor) => actor.instance(now));
      this.#scheduler.decide(instances, this.#engine.scores, now);
      see(this.#moment(now, scrape), this.#next(now));
    }
  }

  #next(now: number): number {
    const after = (every: number): number => (Math.floor(now / every) + 1) * every;
    return Math.min(after(this.intervalMs), after(this.#systemMs), after(decideEveryMs));
  }

  #scrapeSystem(actors: readonly Actor[], now: number): void {
    for (const actor of actors) {
      const outcome = actor.outcome('system', now / this.#systemMs);
      if (outcome) this.#engine.scrape(actor.id, 'system', outcome, now);
    }
  }

  #evaluate(actors: readonly Actor[], nth: number, now: number): void {
    const due = actors.filter((actor) => {
      const outcome = actor.outcome('app', nth);
      if (outcome) this.#engine.scrape(actor.id, 'app', outcome, now);
      return outcome !== null;
    });
    const there = new Set(actors.map(({ id }) => id));
    const gone = [...this.#present].filter((id) => !there.has(id));
    this.#present = there;
    const byId = new Map(actors.map((actor) => [actor.id, actor]));
    this.#engine.evaluate(
      due.map((actor) => actor.instance(now)),
      (id) => {
        const told = byId.get(id)?.mark(now);
        return told === undefined ? this.#scheduler.mark(id) : told;
      },
      gone,
      now,
    );
  }

  #moment(now: number, scrape: number | null): Moment {
    return {
      now,
      scrape,
      state: this.#scheduler.state,
      explain: (id) => this.#engine.explain(id as InstanceId, now),
      server: (id) => this.#scheduler.server(id as InstanceId),
    };
  }
}

/** One simulated instance: a process that serves, fails, dies and comes back, and what its pages would say of it. */
import type { InstanceId, MetricName, ServiceName } from '../../config/index.js';
import type { ConsulStatus } from '../../engine/client/index.js';
import type { Instance, Reading, UpObservation } from '../../engine/model.js';
import { neverScraped } from '../../engine/up.js';
import type { Identity } from '../../scheduler/client/index.js';

/** What befalls an instance in one step, all incidents together. */
export interface Condition {
  /** Share of the requests that fail, and of those that only the page says have failed. */
  readonly errors: number;
  readonly lies: number;
  readonly hangs: boolean;
  readonly crashed: boolean;
  /** Metrics that are read by a query: 0 good, 1 critical. */
  readonly levels: ReadonlyMap<string, number>;
  readonly noise: number;
  readonly lostScrapes: number;
  readonly stuck: boolean;
  readonly empty: boolean;
  readonly consul: ConsulStatus;
}

export const well: Condition = {
  errors: 0,
  lies: 0,
  hangs: false,
  crashed: false,
  levels: new Map(),
  noise: 0,
  lostScrapes: 0,
  stuck: false,
  empty: false,
  consul: 'passing',
};

/** What one page showed. Counts are of the process; they begin anew with each. */
export interface Page {
  readonly at: number;
  readonly pid: number;
  readonly good: number;
  readonly bad: number;
  readonly inFlight: number;
  /** Of the metrics whose values are read, not counted, in the order of the policy. */
  readonly values: readonly number[];
}

/** A page that is remembered, with what pages have shown up to it over all processes: an increase is a difference. */
export interface Row extends Page {
  readonly allBad: number;
  readonly allServed: number;
}

/** Pages are remembered as long as the longest evidence window, and the one before it. */
const keptMs = 36_000;

export class Process {
  pid = 1;
  private container = 1;
  alive = true;
  startedAt: number;
  /** Someone works on it: it comes back by then. */
  stepping = false;
  good = 0;
  bad = 0;
  /** Of the good ones, those that the page calls bad. */
  lied = 0;
  inFlight = 1;
  condition: Condition = well;
  up: UpObservation = neverScraped;
  /** Incidents (by their place in the story) that a restart has mended. */
  readonly cured = new Set<number>();
  readonly rows: Row[] = [];
  /** What the engine reads of the newest rows: written anew at each evaluation, since nobody keeps it. */
  readonly readings = new Map<MetricName, Reading>();
  /** How many requests pages had shown as completed before the last mark asked for. */
  private baseline = { since: -Infinity, served: 0 };
  private newest: Row | null = null;
  readonly instance: Instance;

  constructor(
    service: ServiceName,
    id: string,
    node: number,
    port: number,
    readonly bornAt: number,
    joinedAt: number | null,
  ) {
    this.startedAt = bornAt;
    const address = `10.0.0.${node + 1}`;
    this.instance = {
      id: id as InstanceId,
      service,
      node: { name: `node-${node + 1}`, address },
      address,
      port,
      tags: [],
      meta: {},
      datacenter: 'dc1',
      consul: 'passing',
      consulWhy: '',
      checks: [],
      joinedAt,
    };
  }

  get id(): InstanceId {
    return this.instance.id;
  }

  get identity(): Identity {
    return { kind: 'docker', containerId: `${this.id} ${this.container}`, startedAt: String(this.pid) };
  }

  stop(): void {
    this.alive = false;
  }

  /** A POST to it comes back. */
  get answers(): boolean {
    return this.alive && !this.condition.hangs;
  }

  /** `anew`: another container in its place. */
  start(now: number, anew = false): void {
    if (anew) this.container += 1;
    this.pid += 1;
    this.alive = true;
    this.startedAt = now;
    this.good = 0;
    this.bad = 0;
    this.lied = 0;
    this.inFlight = 0;
  }

  /** Takes requests of which so many fail. Where it hangs, they stay. */
  serve(count: number, failing: number): void {
    if (this.condition.hangs) {
      this.inFlight += count;
      return;
    }
    this.good += count - failing;
    this.bad += failing;
    this.lied += Math.round((count - failing) * this.condition.lies);
    this.inFlight = Math.max(1, Math.round(count / 50));
  }

  show(page: Page): void {
    const { rows, newest } = this;
    const [before] = rows;
    const row: Row = {
      at: page.at,
      pid: page.pid,
      good: page.good,
      bad: page.bad,
      inFlight: page.inFlight,
      values: page.values,
      // After pages were lost, nobody knows what came between.
      allBad: (newest?.allBad ?? 0) + (before ? page.bad - (page.pid === before.pid ? before.bad : 0) : 0),
      allServed:
        (newest?.allServed ?? 0) + (before ? served(page) - (page.pid === before.pid ? served(before) : 0) : 0),
    };
    this.newest = row;
    rows.unshift(row);
    while (rows.length > 2 && (rows.at(-1)?.at ?? 0) < row.at - keptMs) rows.pop();
  }

  /** Kept beyond the pages of that time, as the engine does. */
  requestsSince(since: number): number {
    const all = this.newest?.allServed ?? 0;
    if (this.baseline.since !== since)
      this.baseline = { since, served: this.rows[ageAt(this.rows, since)]?.allServed ?? all };
    return all - this.baseline.served;
  }
}

export const served = ({ good, bad }: Page): number => good + bad;

/** Age of the last page at or before `at`; the oldest where there is none. */
export const ageAt = (rows: readonly Row[], at: number): number => {
  const last = rows.length - 1;
  let age = 0;
  while (age < last && (rows[age]?.at ?? 0) > at) age++;
  return age;
};

/** One simulated instance: a process that serves, fails, dies and comes back, and what its pages would say of it. */
import type { InstanceId, MetricName, ServiceName } from '../../config/index.js';
import type { ConsulStatus } from '../../engine/client/index.js';
import type { Instance, UpObservation } from '../../engine/model.js';
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
  consul: 'passing',
};

/** What one page showed. Counts are of the process; they begin anew with each. */
export interface Row {
  readonly at: number;
  readonly pid: number;
  readonly good: number;
  readonly bad: number;
  readonly inFlight: number;
  readonly values: ReadonlyMap<MetricName, number>;
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
  /** Requests that pages have shown as completed, over all processes; and how many of them before the last mark asked for. */
  private completed = 0;
  private baseline = { since: -Infinity, completed: 0 };
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

  show(row: Row): void {
    this.completed += increase([row, ...this.rows.slice(0, 1)], 1, served);
    this.rows.unshift(row);
    while (this.rows.length > 2 && (this.rows.at(-1)?.at ?? 0) < row.at - keptMs) this.rows.pop();
  }

  /** Kept beyond the pages of that time, as the engine does. */
  requestsSince(since: number): number {
    if (this.baseline.since !== since)
      this.baseline = { since, completed: this.completed - increase(this.rows, ageAt(this.rows, since), served) };
    return this.completed - this.baseline.completed;
  }
}

export const served = ({ good, bad }: Row): number => good + bad;

/** Increase from an older page to the newest; a new process counts from nothing. */
export const increase = (rows: readonly Row[], from: number, of: (row: Row) => number): number => {
  let sum = 0;
  for (let age = Math.min(from, rows.length - 1) - 1; age >= 0; age--) {
    const [row, before] = [rows[age], rows[age + 1]];
    if (row && before) sum += of(row) - (row.pid === before.pid ? of(before) : 0);
  }
  return sum;
};

/** Age of the last page at or before `at`; the oldest where there is none. */
export const ageAt = (rows: readonly Row[], at: number): number => {
  let age = 0;
  while (age < rows.length - 1 && (rows[age]?.at ?? 0) > at) age++;
  return age;
};

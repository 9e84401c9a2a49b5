import type { Clock } from '../../lib/clock.js';
import { Watched } from '../../lib/http/watched.js';
import type { InstanceScore, ServiceScores, Zone } from '../client/index.js';
import { isMaterial, materialOf, type Material } from './material.js';

export type DiscoveryView = ServiceScores['discovery'];

/** A score that is written out when somebody reads it; what may wake readers is at hand. */
export interface Shown extends Material {
  readonly instance: string;
  /** Why Consul does not say `passing`; else empty. */
  readonly consulWhy: string;
  readonly score: number | null;
  readonly whole: InstanceScore;
  /** The same, which does not change when the instance is evaluated again. */
  lend(): Written;
}

/** A score that can be written out, now or later. */
export interface Written {
  readonly whole: InstanceScore;
}

const written = (score: InstanceScore): Shown => ({
  ...materialOf(score),
  instance: score.instance,
  consulWhy: score.consulWhy ?? '',
  score: score.score,
  whole: score,
  lend() {
    return this;
  },
});

/** One instance as it was last published; `watched` has null once it is gone, for those who still wait. */
class Row {
  /** What readers were last woken for. */
  told: Material;
  readonly watched: Watched<Shown | null>;

  constructor(
    public shown: Shown,
    clock: Clock,
  ) {
    this.told = materialOf(shown);
    this.watched = new Watched<Shown | null>(shown, clock);
  }

  get score(): InstanceScore {
    return this.shown.whole;
  }
}

/** What is shown of one service. Live: always the newest; its index says when it is worth looking again. */
export class ServiceBoard {
  discovery: DiscoveryView = { state: 'waiting', why: 'Consul has not answered yet', at: null };
  readonly rows = new Map<string, Row>();
  /** Not configured any more: told to those who still wait. */
  removed = false;
  readonly watched: Watched<ServiceBoard>;

  constructor(
    readonly service: string,
    public owner: string | null,
    clock: Clock,
  ) {
    this.watched = new Watched<ServiceBoard>(this, clock);
  }

  /** All of this moment, whatever is evaluated before they are read. */
  lend(): Written[] {
    return [...this.rows.values()].map(({ shown }) => shown.lend());
  }

  get zones(): Zone[] {
    return [...this.rows.values()].map(({ shown }) => shown.zone);
  }

  get scores(): InstanceScore[] {
    return [...this.rows.values()].map(({ score }) => score);
  }
}

type Services = readonly { readonly service: string; readonly owner: string | null }[];

/** The newest scores of everything, and who waits for which of them. An index moves only for a material change. */
export class Board {
  readonly #clock: Clock;
  readonly #services = new Map<string, ServiceBoard>();
  readonly watched: Watched<Board>;
  #ready = false;

  constructor(services: Services, clock: Clock) {
    this.#clock = clock;
    this.watched = new Watched<Board>(this, clock);
    this.setServices(services);
  }

  /** Which services there are; whoever waits for one that is not among them any more is answered. */
  setServices(services: Services): void {
    const kept = new Set(services.map(({ service }) => service));
    const gone = this.services.filter(({ service }) => !kept.has(service));
    for (const board of gone) {
      this.retain(board.service, new Set());
      this.#services.delete(board.service);
      board.removed = true;
      board.watched.set(board);
    }
    const added = services.filter(({ service }) => !this.#services.has(service));
    for (const { service, owner } of services) {
      const known = this.#services.get(service);
      if (known) known.owner = owner;
      else this.#services.set(service, new ServiceBoard(service, owner, this.#clock));
    }
    if (gone.length + added.length > 0) this.watched.set(this);
  }

  /** The first scoring window is over. */
  get ready(): boolean {
    return this.#ready;
  }

  get services(): ServiceBoard[] {
    return [...this.#services.values()];
  }

  service(name: string): ServiceBoard | null {
    return this.#services.get(name) ?? null;
  }

  /** Reads that wait now, over all resources. */
  get waiting(): number {
    const rows = this.services.flatMap((board) => [...board.rows.values()]);
    const all = [this.watched, ...this.services.map(({ watched }) => watched), ...rows.map(({ watched }) => watched)];
    return all.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  setReady(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.watched.set(this);
  }

  setDiscovery(service: string, discovery: DiscoveryView): void {
    const board = this.#services.get(service);
    if (!board) return;
    const material = board.discovery.state !== discovery.state;
    board.discovery = discovery;
    if (material) this.#wake(board);
    else this.#touch(board);
  }

  /** Takes newer scores of some instances of a service. */
  publish(service: string, scores: readonly InstanceScore[]): void {
    this.show(service, scores.map(written));
  }

  /** The same, of scores that nobody may ever read; what is shown of an instance may be the same object each time. */
  show(service: string, all: readonly Shown[]): void {
    const board = this.#services.get(service);
    if (!board) return;
    let material = false;
    for (const shown of all) material = this.#put(board, shown) || material;
    if (material) this.#wake(board);
    else this.#touch(board);
  }

  /** Takes everyone off that is not in `instances`. */
  retain(service: string, instances: ReadonlySet<string>): void {
    const board = this.#services.get(service);
    if (!board) return;
    const gone = [...board.rows].filter(([id]) => !instances.has(id));
    for (const [id, { watched }] of gone) {
      board.rows.delete(id);
      watched.set(null);
    }
    if (gone.length > 0) this.#wake(board);
  }

  #put(board: ServiceBoard, shown: Shown): boolean {
    const row = board.rows.get(shown.instance);
    if (!row) {
      board.rows.set(shown.instance, new Row(shown, this.#clock));
      return true;
    }
    row.shown = shown;
    if (!isMaterial(row.told, shown)) {
      row.watched.touch(shown);
      return false;
    }
    row.told = materialOf(shown);
    row.watched.set(shown);
    return true;
  }

  #touch(board: ServiceBoard): void {
    board.watched.touch(board);
    this.watched.touch(this);
  }

  #wake(board: ServiceBoard): void {
    board.watched.set(board);
    this.watched.set(this);
  }
}

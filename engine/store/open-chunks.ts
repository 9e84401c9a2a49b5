import { createHash } from 'node:crypto';
import { PackedPoints, PointRoom } from './packed.js';
import { rowOfPoint, type Row } from './row.js';
import { judgedOf, type Evaluated, type Judged, type JudgedMetric, type Point } from './point.js';

/** One row of history: an instance, at most five minutes, one policy. */
export const CHUNK_MS = 300_000;

export interface Chunk {
  readonly judged: Judged;
  readonly points: readonly Point[];
}

/** A chunk that is, or was, growing: its points are packed until somebody asks for them. */
class Open implements Chunk {
  constructor(
    readonly judged: Judged,
    readonly window: number,
    readonly offset: number,
    readonly packed: PackedPoints,
  ) {}

  get points(): readonly Point[] {
    return this.packed.unpack();
  }

  /** Nothing more will be added. */
  close(): this {
    this.packed.seal();
    return this;
  }
}

/** Instances change chunk at different times, or a thousand of them would be deflated in the same moment. */
const offsetOf = ({ service, instance }: Judged): number =>
  createHash('sha256').update(`${service}/${instance}`).digest().readUInt32LE(0) % CHUNK_MS;

const sameLayout = (one: Judged, other: Judged): boolean =>
  one === other ||
  (one.policy === other.policy &&
    one.metrics.length === other.metrics.length &&
    one.metrics.every((name, i) => name === other.metrics[i]));

const sameNames = (names: Judged['metrics'], metrics: readonly JudgedMetric[]): boolean => {
  if (names.length !== metrics.length) return false;
  for (let i = 0; i < names.length; i++) if (names[i] !== metrics[i]?.name) return false;
  return true;
};

/** The chunks still growing, one per instance. Pure bookkeeping: no clock, no disk. */
export class OpenChunks {
  readonly #services = new Map<string, Map<string, Open>>();
  readonly #names = new Map<string, Judged['metrics']>();
  readonly #room = new PointRoom();

  /** Adds an evaluation; `closed` is the chunk that this closed, if any. */
  record(
    score: Evaluated,
    metrics: readonly JudgedMetric[],
    row: Row,
  ): { readonly judged: Judged; readonly closed: Chunk | null } {
    const open = this.#find(score);
    const judged = open && isSame(open.judged, score, metrics) ? open.judged : this.#judged(score, metrics);
    return { judged, closed: this.#add(open, judged, row) };
  }

  /** Adds a point; gives back the chunk that this closed, if any. */
  add(judged: Judged, row: Row): Chunk | null {
    return this.#add(this.#find(judged), judged, row);
  }

  /** Closes every chunk whose window is over, so that one of an instance that is gone gets written too. */
  takeDue(now: number): Chunk[] {
    const due: Chunk[] = [];
    for (const instances of this.#services.values())
      for (const [instance, open] of instances) {
        if (windowOf(now, open.offset) <= open.window) continue;
        instances.delete(instance);
        due.push(open.close());
      }
    return due;
  }

  /** Every chunk as it is; none stays. */
  takeAll(): Chunk[] {
    const all = Array.from(this.#all(), (open) => open.close());
    this.#services.clear();
    return all;
  }

  /** Goes on with a chunk that was open before; false: there is one of that instance already. */
  adopt({ judged, points }: Chunk): boolean {
    const [first, ...more] = points;
    if (this.#find(judged) || first === undefined) return false;
    const offset = offsetOf(judged);
    const packed = new PackedPoints(this.#room, rowOfPoint(first));
    for (const point of more) packed.push(rowOfPoint(point));
    this.#put(new Open(judged, windowOf(first.at, offset), offset, packed));
    return true;
  }

  /** Names of a service's instances. */
  instances(service: string): string[] {
    return [...(this.#services.get(service)?.keys() ?? [])];
  }

  get(service: string, instance: string): Chunk | null {
    return this.#find({ service, instance }) ?? null;
  }

  /** Time of the oldest point that is only here and in the log; null when there is none. */
  oldest(): number | null {
    let oldest: number | null = null;
    for (const { packed } of this.#all()) if (oldest === null || packed.firstAt < oldest) oldest = packed.firstAt;
    return oldest;
  }

  /** A point not newer than the last one replaces nothing and is dropped. */
  #add(open: Open | undefined, judged: Judged, row: Row): Chunk | null {
    if (open?.packed.lastAt === row.at) return null;
    const offset = open?.offset ?? offsetOf(judged);
    const window = windowOf(row.at, offset);
    if (open?.window === window && row.at > open.packed.lastAt && sameLayout(open.judged, judged)) {
      open.packed.push(row);
      return null;
    }
    this.#put(new Open(judged, window, offset, new PackedPoints(this.#room, row)));
    return open?.close() ?? null;
  }

  /** Who was judged, as one object for all points of a chunk; the names of a policy's metrics, as one list for all instances. */
  #judged(score: Evaluated, metrics: readonly JudgedMetric[]): Judged {
    const key = `${score.service}/${score.policy}`;
    const judged = judgedOf(score, metrics);
    const names = this.#names.get(key);
    if (names && sameNames(names, metrics)) return { ...judged, metrics: names };
    this.#names.set(key, judged.metrics);
    return judged;
  }

  #find({ service, instance }: Pick<Judged, 'service' | 'instance'>): Open | undefined {
    return this.#services.get(service)?.get(instance);
  }

  #put(open: Open): void {
    const { service, instance } = open.judged;
    const there = this.#services.get(service);
    if (there) there.set(instance, open);
    else this.#services.set(service, new Map([[instance, open]]));
  }

  *#all(): Generator<Open> {
    for (const instances of this.#services.values()) yield* instances.values();
  }
}

const isSame = (judged: Judged, { policy }: Evaluated, metrics: readonly JudgedMetric[]): boolean =>
  judged.policy === policy && sameNames(judged.metrics, metrics);

const windowOf = (at: number, offset: number): number => Math.floor((at + offset) / CHUNK_MS);

import { createHash } from 'node:crypto';
import type { InstanceScore } from '../client/index.js';
import { PackedPoints } from './packed.js';
import { judgedOf, type Judged, type JudgedMetric, type Point } from './point.js';

/** One row of history: an instance, at most five minutes, one policy. */
export const CHUNK_MS = 300_000;

export interface Chunk {
  readonly judged: Judged;
  readonly points: readonly Point[];
}

interface Open {
  readonly judged: Judged;
  readonly window: number;
  readonly offset: number;
  readonly points: PackedPoints;
}

const chunkOf = ({ judged, points }: Open): Chunk => ({ judged, points: points.unpack() });

const keyOf = (judged: Pick<Judged, 'service' | 'instance'>): string => `${judged.service}/${judged.instance}`;

/** Instances change chunk at different times, or a thousand of them would be deflated in the same moment. */
const offsetOf = (key: string): number => createHash('sha256').update(key).digest().readUInt32LE(0) % CHUNK_MS;

const sameLayout = (one: Judged, other: Judged): boolean =>
  one === other ||
  (one.policy === other.policy &&
    one.metrics.length === other.metrics.length &&
    one.metrics.every((name, i) => name === other.metrics[i]));

const sameNames = (names: Judged['metrics'], metrics: readonly JudgedMetric[]): boolean =>
  names.length === metrics.length && metrics.every(({ name }, i) => name === names[i]);

/** The chunks still growing, one per instance. Pure bookkeeping: no clock, no disk. */
export class OpenChunks {
  readonly #open = new Map<string, Open>();
  readonly #names = new Map<string, Judged['metrics']>();

  /** Who was judged, as one object for all points of a chunk; the names of a policy's metrics, as one list for all instances. */
  judged(score: InstanceScore, metrics: readonly JudgedMetric[]): Judged {
    const open = this.#open.get(`${score.service}/${score.instance}`)?.judged;
    if (open?.policy === score.policy && sameNames(open.metrics, metrics)) return open;
    const key = `${score.service}/${score.policy}`;
    const judged = judgedOf(score, metrics);
    const names = this.#names.get(key);
    if (names && sameNames(names, metrics)) return { ...judged, metrics: names };
    this.#names.set(key, judged.metrics);
    return judged;
  }

  /** Adds a point; gives back the chunk that this closed, if any. A point not newer than the last one replaces nothing and is dropped. */
  add(judged: Judged, point: Point): Chunk | null {
    const key = keyOf(judged);
    const open = this.#open.get(key);
    const lastAt = open?.points.lastAt;
    if (open && lastAt === point.at) return null;
    const offset = open?.offset ?? offsetOf(key);
    const window = Math.floor((point.at + offset) / CHUNK_MS);
    if (open && open.window === window && point.at > open.points.lastAt && sameLayout(open.judged, judged)) {
      open.points.push(point);
      return null;
    }
    this.#open.set(key, { judged, window, offset, points: new PackedPoints(point) });
    return open ? chunkOf(open) : null;
  }

  /** Closes every chunk whose window is over, so that one of an instance that is gone gets written too. */
  takeDue(now: number): Chunk[] {
    const due: Chunk[] = [];
    for (const [key, open] of this.#open) {
      if (Math.floor((now + open.offset) / CHUNK_MS) <= open.window) continue;
      this.#open.delete(key);
      due.push(chunkOf(open));
    }
    return due;
  }

  /** Every chunk as it is; none stays. */
  takeAll(): Chunk[] {
    const all = [...this.#open.values()].map(chunkOf);
    this.#open.clear();
    return all;
  }

  /** Goes on with a chunk that was open before; false: there is one of that instance already. */
  adopt({ judged, points }: Chunk): boolean {
    const key = keyOf(judged);
    const [first, ...more] = points;
    if (this.#open.has(key) || first === undefined) return false;
    const offset = offsetOf(key);
    const packed = new PackedPoints(first);
    for (const point of more) packed.push(point);
    this.#open.set(key, { judged, offset, window: Math.floor((first.at + offset) / CHUNK_MS), points: packed });
    return true;
  }

  /** Names of a service's instances. */
  instances(service: string): string[] {
    return [...this.#open.values()]
      .map(({ judged }) => judged)
      .flatMap((judged) => {
        return judged.service === service ? [judged.instance] : [];
      });
  }

  get(service: string, instance: string): Chunk | null {
    const open = this.#open.get(keyOf({ service, instance }));
    return open ? chunkOf(open) : null;
  }

  /** Time of the oldest point that is only here and in the log; null when there is none. */
  oldest(): number | null {
    let oldest: number | null = null;
    for (const { points } of this.#open.values())
      if (oldest === null || points.firstAt < oldest) oldest = points.firstAt;
    return oldest;
  }
}

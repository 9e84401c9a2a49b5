/** How an instance fared: what is counted of its zones and scores as time goes on. */
import { shareIn, type Faring, type ShareScores, type Zone } from '../client/index.js';

interface Counted extends Faring {
  zoneMs: Record<Zone, number>;
}

export interface ShareRule {
  readonly zones: ShareScores;
  readonly floor: number;
}

const noTime = (): Record<Zone, number> => ({ green: 0, yellow: 0, red: 0, unknown: 0 });

export class FaringCount {
  readonly #counted: Counted = {
    zoneMs: noTime(),
    zoneChanges: 0,
    minScore: null,
    outs: 0,
    outMs: 0,
    meanShare: null,
  };
  zone: Zone = 'unknown';
  score: number | null = null;
  #isOut = false;
  #began = false;
  #share = 1;
  #shareMs = 0;
  #shared = 0;

  /** It stayed as it was for so long. */
  pass(ms: number): void {
    this.#counted.zoneMs[this.zone] += ms;
    if (this.#isOut) this.#counted.outMs += ms;
    this.#shareMs += ms;
    this.#shared += ms * this.#share;
  }

  /** What it is from now on. Before the first zone that is known nothing changes. */
  become(zone: Zone, score: number | null, smoothed: number | null, down: boolean, rule: ShareRule): void {
    if (zone !== this.zone && this.#began) this.#counted.zoneChanges += 1;
    this.#began ||= zone !== 'unknown';
    this.zone = zone;
    this.score = score;
    if (score !== null && score < (this.#counted.minScore ?? Infinity)) this.#counted.minScore = score;
    const isOut = zone === 'red' || down;
    if (isOut && !this.#isOut) this.#counted.outs += 1;
    this.#isOut = isOut;
    this.#share = isOut ? 0 : (shareIn(zone, smoothed ?? score, rule.zones, rule.floor) ?? this.#share);
  }

  get faring(): Faring {
    return { ...this.#counted, meanShare: this.#shareMs === 0 ? null : this.#shared / this.#shareMs };
  }
}

const minOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

const timeOf = ({ zoneMs }: Faring): number => Object.values(zoneMs).reduce((sum, ms) => sum + ms, 0);

/** All instances together; the share is by time. */
export const sumOf = (farings: readonly Faring[]): Faring => {
  const zoneMs = noTime();
  let total: Faring = { zoneMs, zoneChanges: 0, minScore: null, outs: 0, outMs: 0, meanShare: null };
  let [shared, time] = [0, 0];
  for (const faring of farings) {
    for (const zone of ['green', 'yellow', 'red', 'unknown'] as const) zoneMs[zone] += faring.zoneMs[zone];
    shared += (faring.meanShare ?? 0) * timeOf(faring);
    time += faring.meanShare === null ? 0 : timeOf(faring);
    total = {
      ...total,
      zoneChanges: total.zoneChanges + faring.zoneChanges,
      minScore: minOf(total.minScore, faring.minScore),
      outs: total.outs + faring.outs,
      outMs: total.outMs + faring.outMs,
    };
  }
  return { ...total, meanShare: time === 0 ? null : shared / time };
};

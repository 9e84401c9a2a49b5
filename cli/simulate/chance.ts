/**
 * Deterministic chance. Each draw belongs to a seed, a name and a moment, not to an order of calls: a story with one
 * incident less draws the same for all that is left of it, so that a failing one can be shortened.
 */

/** Murmur3's finaliser: every bit of the input moves every bit of the output. */
const mix = (value: number): number => {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
};

/** Below this the normal approximation of a binomial is not good enough. */
const normalFrom = 30;

export class Chance {
  private readonly base: number;
  private state: number;

  constructor(seed: number, name: string) {
    this.base = mix(hashOf(name) ^ mix(seed));
    this.state = this.base;
  }

  /** Begins the draws of a moment anew. */
  at(moment: number): this {
    this.state = mix(this.base ^ Math.imul(moment, 0x9e3779b1));
    return this;
  }

  /** 0 <= x < 1. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    return (mix(this.state) >>> 0) / 2 ** 32;
  }

  happens(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  pick<T>(of: readonly [T, ...T[]]): T {
    return of[Math.floor(this.next() * of.length)] ?? of[0];
  }

  /** How many of `count` do what each does with this probability. */
  binomial(count: number, probability: number): number {
    if (count <= 0 || probability <= 0) return 0;
    if (probability >= 1) return count;
    const variance = count * probability * (1 - probability);
    if (variance > normalFrom)
      return Math.min(count, Math.max(0, Math.round(count * probability + this.normal() * Math.sqrt(variance))));
    return probability > 0.5 ? count - this.few(count, 1 - probability) : this.few(count, probability);
  }

  /** By the distances between hits, which are geometric: as many draws as hits. */
  private few(count: number, probability: number): number {
    const scale = Math.log1p(-probability);
    let hits = 0;
    for (let at = this.gap(scale); at <= count; at += this.gap(scale)) hits++;
    return hits;
  }

  private gap(scale: number): number {
    return 1 + Math.floor(Math.log(1 - this.next()) / scale);
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}

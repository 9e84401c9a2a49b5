/**
 * When each target is due: at its own offset within its interval, by hash of its key, so that a thousand targets do not start
 * together and a restarted engine finds the same order. Due times are multiples of the interval: nothing drifts.
 */

/** FNV-1a with a final mix, as a share of 2^32. */
export const offsetOf = (key: string, intervalMs: number): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * intervalMs;
};

/** Targets of one slot are due at the same moment: the loop wakes up once for all of them. */
export const slotMs = 20;

/** The first due time after `now`: its slot's. */
export const firstDue = (key: string, intervalMs: number, now: number): number => {
  const offset = Math.floor(offsetOf(key, intervalMs) / slotMs) * slotMs;
  return (Math.floor((now - offset) / intervalMs) + 1) * intervalMs + offset;
};

/** Whoever took it from the heap may put it back for a later time: one object for as long as the target is there. */
export interface Due<T> {
  at: number;
  readonly item: T;
}

/** A binary heap by due time. What is no longer wanted is left in it, and told apart by its owner when it comes up. */
export class DueHeap<T> {
  readonly #heap: Due<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  push(due: Due<T>): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    for (let parent = (at - 1) >> 1; at > 0; parent = (at - 1) >> 1) {
      const above = heap[parent];
      if (above === undefined || above.at <= due.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  pop(): Due<T> | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(due: Due<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const right = heap[child + 1];
      let below = heap[child];
      if (right !== undefined && below !== undefined && right.at < below.at) [child, below] = [child + 1, right];
      if (below === undefined || below.at >= due.at) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = due;
  }
}

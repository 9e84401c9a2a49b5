import type { Selector } from '../promql/selector.js';
import { cell, type Block } from './block.js';

export interface Increase {
  readonly increase: number;
  /** A selected value was NaN or infinite: it is not in the sum. */
  readonly unclean: boolean;
}

/**
 * By how much the selected counters rose from the row `fromAge` to the newest, summed over series. Raw differences: after a
 * reset the new value counts; a series that was born on a page whose previous scrape was good had been 0 there.
 */
export const increaseIn = (block: Block, selector: Selector, fromAge: number): Increase => {
  const from = Math.min(fromAge, block.count - 1);
  let increase = 0;
  let unclean = false;
  for (const place of block.placesOf(selector)) {
    let before = lastKnown(block, place, from);
    for (let age = from - 1; age >= 0; age--) {
      if (block.cellAt(place, age) !== cell.value) continue;
      const value = block.valueAt(place, age);
      if (Number.isFinite(value)) {
        const start = before ?? (block.followsAt(age) ? 0 : value);
        increase += value >= start ? value - start : value;
        before = value;
      } else unclean = true;
    }
  }
  return { increase, unclean };
};

/** The last value at or before that row; undefined: the series was not there. */
const lastKnown = (block: Block, place: number, fromAge: number): number | undefined => {
  for (let age = fromAge; age < block.count; age++) {
    const value = block.valueAt(place, age);
    if (block.cellAt(place, age) !== cell.absent && Number.isFinite(value)) return value;
  }
  return undefined;
};

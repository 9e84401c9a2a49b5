import type { Slabs } from '../../../lib/slab.js';
import { Block, cell } from './block.js';
import { isWide } from './cells.js';
import type { Series } from './interning.js';

/** A block to be filled: how many rows it holds. */
export interface Shape {
  readonly rows: number;
}

/**
 * The same samples in blocks of another shape, when other queries are asked: a series goes where `blockOf` says, one that
 * nobody asks for any more stays behind, and the old blocks give their room back. Blocks of one page have the same rows, as far back as each of them reaches.
 */
export const carryOver = (
  old: readonly Block[],
  shapes: readonly Shape[],
  blockOf: (series: Series) => number | undefined,
  slabs: Slabs,
): Block[] => {
  const kept = Math.max(0, ...old.map(({ count }) => count));
  const longest = old.find(({ count }) => count === kept);
  const carried = shapes.map(({ rows }, index) => {
    const series = old.flatMap((each) => placesOf(each, index, blockOf).map((place) => each.seriesAt(place)));
    const block = new Block(slabs, rows, series.length, series.filter((each) => each && isWide(each)).length);
    for (let age = Math.min(kept, rows) - 1; longest && age >= 0; age--) {
      block.begin(longest.timeAt(age), longest.followsAt(age));
      for (const each of old) if (age < each.count) copyRow(each, age, block, placesOf(each, index, blockOf));
      block.end();
    }
    return block;
  });
  for (const each of old) each.release();
  return carried;
};

const placesOf = (block: Block, index: number, blockOf: (series: Series) => number | undefined): number[] => {
  const places: number[] = [];
  for (let place = 0; place < block.width; place++) {
    const series = block.seriesAt(place);
    if (series && blockOf(series) === index) places.push(place);
  }
  return places;
};

const copyRow = (from: Block, age: number, to: Block, places: readonly number[]): void => {
  for (const place of places) {
    const series = from.seriesAt(place);
    if (series && from.cellAt(place, age) !== cell.absent)
      to.put(series, from.valueAt(place, age), from.ownAt(place, age));
  }
};

/** The rows of a block before which a scrape failed: few, so they are a list, that blocks share where they can. */
export type Breaks = readonly number[];

export const unbroken: Breaks = [];
/** As of every block in its first minute: of what was before the first row nothing is known. */
const atFirst: Breaks = [0];

/** A row is written anew. `follows`: no failed scrape lies before it. */
export const withRow = (breaks: Breaks, row: number, follows: boolean): Breaks => {
  const others = breaks.includes(row) ? breaks.filter((each) => each !== row) : breaks;
  if (follows) return others.length === 0 ? unbroken : others;
  return others.length === 0 && row === 0 ? atFirst : [...others, row];
};

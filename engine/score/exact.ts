/**
 * Scores are kept on a grid of 2^-20, about a millionth of a point. Sums and differences of multiples of a power of two
 * lose nothing in a double, so the rows that a person is shown add up to the last bit, in any order.
 */
const grid = 2 ** 20;

export const onGrid = (points: number): number => Math.round(points * grid) / grid;

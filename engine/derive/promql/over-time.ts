/** Functions that make one number of a series' samples. */
import { at, type RangeFunction } from './samples.js';
import { maxOf, meanOf, minOf, quantileOf, sumOf, varianceOf } from './statistics.js';

export const sumOverTime: RangeFunction = ({ values, count }) => sumOf(values, count);
export const avgOverTime: RangeFunction = ({ values, count }) => meanOf(values, count);
export const minOverTime: RangeFunction = ({ values, count }) => minOf(values, count);
export const maxOverTime: RangeFunction = ({ values, count }) => maxOf(values, count);
export const stdvarOverTime: RangeFunction = ({ values, count }) => varianceOf(values, count);
export const stddevOverTime: RangeFunction = ({ values, count }) => Math.sqrt(varianceOf(values, count));
export const quantileOverTime: RangeFunction = ({ values, count }, _, quantile) => quantileOf(quantile, values, count);
export const countOverTime: RangeFunction = ({ count }) => count;
export const presentOverTime: RangeFunction = () => 1;
export const firstOverTime: RangeFunction = ({ values }) => at(values, 0);
export const lastOverTime: RangeFunction = ({ values, count }) => at(values, count - 1);

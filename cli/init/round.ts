/** Numbers that a person would write, and how a service file writes them. */
import type { MetricPolicy } from '../../config/index.js';

type Unit = MetricPolicy['unit'];

const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
/** 0.3 is 3 x 0.1 and a little more in a double. */
const dust = 1e-9;

/** The next round number that is not smaller; 0 stays 0. */
export const roundUp = (value: number): number => {
  if (value <= 0 || !Number.isFinite(value)) return 0;
  const scale = 10 ** Math.floor(Math.log10(value) + dust);
  const step = steps.find((each) => each * scale >= value * (1 - dust)) ?? 10;
  return Number((step * scale).toPrecision(12));
};

const sizes = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

const plain = (value: number): string => String(Number(value.toPrecision(6)));

/** Never in the form 1e-7, which no unit takes. */
const decimal = (value: number): string =>
  /e/.test(plain(value)) ? value.toFixed(9).replace(/\.?0+$/, '') : plain(value);

const sizeText = (bytes: number): string => {
  const [unit, size] = sizes.find(([, each]) => bytes >= 8 * each) ?? ['B', 1];
  return `${Math.ceil(bytes / size)}${unit}`;
};

/** A threshold as a file writes it: `250ms`, `2.5%`, `512MiB`, `1500`. Sizes are rounded up to whole units. */
export const thresholdText = (value: number, unit: Unit): string => {
  if (unit === 'ratio') return `${decimal(value * 100)}%`;
  if (unit === 'seconds') return value < 1 ? `${decimal(value * 1_000)}ms` : `${decimal(value)}s`;
  return unit === 'bytes' ? sizeText(value) : decimal(value);
};

/** The policy table for a person: a block for each condition, a row for each fault, a column for each contender. */
import type { Cell, Measure, Spread } from './table.js';

const mean = (spread: Spread | null): number => spread?.mean ?? 0;
const count = (value: number): string => Math.round(value).toLocaleString('en');

const seconds = (spread: Spread | null): string => (spread === null ? '-' : (spread.mean / 1_000).toFixed(1));

/** `mean (least-most)` where seeds differ. */
const spreadText = (spread: Spread | null): string => {
  if (spread === null) return '-';
  const { mean: value, least, most } = spread;
  return least === most ? count(value) : `${count(value)} (${count(least)}-${count(most)})`;
};

export const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, nth) => Math.max(...rows.map((row) => row[nth]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((text, nth) => (nth === 0 ? text.padEnd(widths[nth] ?? 0) : text.padStart(widths[nth] ?? 0))).join('  ');
  return rows.map(line).join('\n');
};

const nameOf = ({ contender, alternative }: Cell): string =>
  alternative === null ? contender : `${contender}, ${alternative}`;

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** One condition: client errors and slow requests of each; then what it took those who move traffic. */
const block = (cells: readonly Cell[]): string => {
  const names = distinct(cells.map(nameOf));
  const faults = distinct(cells.map(({ fault }) => fault));
  const at = (fault: string, name: string): Cell | undefined =>
    cells.find((cell) => cell.fault === fault && nameOf(cell) === name);
  const rows = faults.map((fault) => [
    fault,
    ...names.map((name) => {
      const cell = at(fault, name);
      return cell ? `${count(mean(cell.errors))} / ${count(mean(cell.slow))}` : '';
    }),
  ]);
  return aligned([['errors / slow', ...names], ...rows]);
};

const detail = (cells: readonly Cell[]): string =>
  aligned([
    ['', 'errors', 'slow', 'lowered s', 'out s', 'wrong drains', 'capacity lost', 'reloads', 'heals'],
    ...cells.map((cell) => [
      `${cell.fault}: ${nameOf(cell)}`,
      spreadText(cell.errors),
      spreadText(cell.slow),
      seconds(cell.loweredMs),
      seconds(cell.outMs),
      spreadText(cell.wrongDrains),
      spreadText(cell.capacityLost),
      spreadText(cell.reloads),
      spreadText(cell.heals),
    ]),
  ]);

export const policyTable = (cells: readonly Cell[]): string =>
  distinct(cells.map(({ condition }) => condition))
    .map((condition) => {
      const here = cells.filter((cell) => cell.condition === condition);
      const requests = here[0]?.requests ?? null;
      const moving = here.filter(({ loweredMs, wrongDrains }) => loweredMs !== null || mean(wrongDrains) > 0);
      const head = `${condition} (of ${count(mean(requests))} requests)`;
      return [head, block(here), ...(moving.length > 0 ? [detail(moving)] : [])].join('\n\n');
    })
    .join('\n\n\n');

/** Sums over all faults and conditions, one line for each contender or alternative. */
export const sumsTable = (cells: readonly Cell[]): string => {
  const sum = (of: readonly Cell[], measure: Measure): string =>
    count(of.reduce((total, cell) => total + mean(cell[measure]), 0));
  return aligned([
    ['over all', 'errors', 'slow', 'wrong drains', 'capacity lost', 'reloads', 'heals'],
    ...distinct(cells.map(nameOf)).map((name) => {
      const of = cells.filter((cell) => nameOf(cell) === name);
      return [
        name,
        ...(['errors', 'slow', 'wrongDrains', 'capacityLost', 'reloads', 'heals'] as const).map((measure) =>
          sum(of, measure),
        ),
      ];
    }),
  ]);
};

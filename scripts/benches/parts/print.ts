/** Results on stdout: a table for people, or one JSON object per line. */
export type Row = Readonly<Record<string, string | number | null>>;

const text = (value: string | number | null | undefined): string =>
  value === null || value === undefined ? '-' : String(value);

export const print = (rows: readonly Row[], json: boolean): void => {
  if (json) return void process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => text(row[name]).length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, nth) => cell.padStart(widths[nth] ?? 0)).join('  ');
  process.stdout.write(`${[names, ...rows.map((row) => names.map((name) => text(row[name])))].map(line).join('\n')}\n`);
};

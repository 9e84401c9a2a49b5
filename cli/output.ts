import { stringify } from 'yaml';
import type { Paint } from './paint.js';
import { table } from './table.js';
import type { Column } from './table.js';

export const formats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof formats)[number];

/** How a kind of thing is shown: as a table, by name, and as the data that the API gave. */
export interface View<T> {
  readonly columns: readonly Column<T>[];
  readonly name: (row: T) => string;
  /** The wire form: what `-o json` and `-o yaml` print. */
  readonly encode: (row: T) => unknown;
  /** What to say, beside the data, when there is none. */
  readonly empty: string;
}

export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Rows in a format; the empty text for a table without rows. */
export const render = <T>(view: View<T>, rows: readonly T[], format: Format, paint: Paint): string => {
  if (format === 'json') return jsonText(rows.map(view.encode));
  if (format === 'yaml') return stringify(rows.map(view.encode));
  if (format === 'name') return rows.map((row) => `${view.name(row)}\n`).join('');
  const columns = view.columns.filter(({ wide }) => wide !== true || format === 'wide');
  return rows.length === 0 ? '' : table(columns, rows, paint);
};

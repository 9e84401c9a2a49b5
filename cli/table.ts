import type { Colour, Paint } from './paint.js';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
  readonly align?: 'right';
  /** Shown by `-o wide` only. */
  readonly wide?: boolean;
  readonly colour?: (row: T) => Colour;
}

const pad = (text: string, width: number, right: boolean): string =>
  right ? text.padStart(width) : text.padEnd(width);

/** Names and texts come from elsewhere: a control character must neither break a row nor reach the terminal. */
const clean = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** Aligned columns two spaces apart, with a heading; no line has blanks at its end. */
export const table = <T>(columns: readonly Column<T>[], rows: readonly T[], paint: Paint): string => {
  const cells = rows.map((row) => columns.map(({ cell }) => clean(cell(row))));
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => [...(line[i] ?? '')].length)),
  );
  const line = (texts: readonly string[], dress: (text: string, i: number) => string): string => {
    const last = texts.findLastIndex((text) => text !== '');
    return texts
      .slice(0, last + 1)
      .map((text, i) => {
        const right = columns[i]?.align === 'right';
        return dress(i === last && !right ? text : pad(text, widths[i] ?? 0, right), i);
      })
      .join('  ');
  };
  const heading = line(
    columns.map(({ title }) => title),
    (text) => paint('bold', text),
  );
  const body = rows.map((row, r) =>
    line(cells[r] ?? [], (text, i) => {
      const colour = columns[i]?.colour?.(row);
      return colour === undefined ? text : paint(colour, text);
    }),
  );
  return `${[heading, ...body].join('\n')}\n`;
};

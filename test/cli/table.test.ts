import { expect } from 'chai';
import { painter } from '../../cli/paint.js';
import { table } from '../../cli/table.js';
import type { Column } from '../../cli/table.js';

type Row = readonly [name: string, count: string, note: string];
const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: ([name]) => name },
  { title: 'COUNT', cell: ([, count]) => count, align: 'right' },
  { title: 'NOTE', cell: ([, , note]) => note, colour: () => 'red' },
];
const rows: readonly Row[] = [
  ['a', '7', 'first'],
  ['longer', '1234567', ''],
];

describe('a table', () => {
  it('is aligned, and has no blanks at the end of a line', () => {
    expect(table(columns, rows, painter(false))).to.equal(
      ['NAME      COUNT  NOTE', 'a             7  first', 'longer  1234567', ''].join('\n'),
    );
  });

  it('has the same columns with colour', () => {
    const painted = table(columns, rows, painter(true));
    expect(painted).to.include('\u001B[31mfirst\u001B[0m');
    expect(painted.split(/\p{Cc}\[\d+m/u).join('')).to.equal(table(columns, rows, painter(false)));
  });

  it('lets no control character of a name reach the terminal', () => {
    const text = table(columns, [['a\u001B[2J\nb', '1', 'x\ty']], painter(false));
    expect(text.split('\n')[1]).to.equal('a [2J b      1  x y');
  });
});

/** docs/promql.md tells all that there is, and shows what happens. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Batch, prepareQuery } from '../../../../engine/derive/listed/index.js';
import { aggregateNames } from '../../../../engine/derive/promql/aggregate.js';
import { functions } from '../../../../engine/derive/promql/functions.js';
import { packageRoot } from '../../../../lib/paths.js';

const page = readFileSync(join(packageRoot, 'docs/promql.md'), 'utf8');

/** Words in code in the second column of the table. */
const listed = (...rows: readonly string[]): readonly string[] =>
  rows.flatMap((row) => {
    const line = new RegExp(`^\\| ${row} \\|(.*)\\|$`, 'm').exec(page)?.[1] ?? '';
    return (/`([^`]+)`/.exec(line)?.[1] ?? '').split(' ');
  });

describe('docs/promql.md', () => {
  it('lists the functions that there are', () => {
    const told = listed('counters', 'gauges', 'over time', 'histograms', 'numbers', 'time', 'vectors');
    expect([...told].sort()).to.deep.equal([...functions.keys()].sort());
  });

  it('lists the aggregations that there are', () => {
    expect(listed('aggregations')).to.have.members([...aggregateNames]);
  });

  it('shows queries that can be read', () => {
    const shown = [...page.matchAll(/ballast query .*?'([^']+)'$/gm)].map((match) => match[1] ?? '');
    expect(shown).to.have.length(3);
    for (const query of shown) expect(prepareQuery(query)).to.have.property('ok', true);
  });

  it('shows a batch as it is answered', () => {
    const [asked = '', answered = ''] = [...page.matchAll(/^```\n(\{[^`]*)```/gm)].map((match) => match[1] ?? '');
    expect(`${new Batch().answer(asked.replaceAll('\n', ''))}\n`).to.equal(answered);
  });
});

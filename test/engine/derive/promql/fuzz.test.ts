/** Whatever is asked is answered or refused: no crash, no hang, nothing else. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Batch, ListedSource, prepareQuery, type ListedSeries } from '../../../../engine/derive/listed/index.js';
import { aggregateNames } from '../../../../engine/derive/promql/aggregate.js';
import { arithmetic, comparisons, setOperators } from '../../../../engine/derive/promql/ast.js';
import { functions } from '../../../../engine/derive/promql/functions.js';
import { Scope } from '../../../../engine/derive/scope.js';
import { ScopeView } from '../../../../engine/derive/scope-view.js';
import { load } from '../series.js';
import { expression, seriesSet, time } from './expressions.js';
import { difference } from './compare.js';
import { answerOf, ourAnswers } from './ours.js';

const value = fc.oneof(
  fc.double(),
  fc.constantFrom<number | 'stale'>('stale', NaN, Infinity, -Infinity, 0, -0, Number.MAX_VALUE, 5e-324),
);
const label = fc.constantFrom('le', 'job', '__proto__', 'constructor', 'a');
const anySeries: fc.Arbitrary<ListedSeries> = fc.record({
  name: fc.constantFrom('x', 'y', 'x_bucket', '__proto__'),
  labels: fc.dictionary(label, fc.constantFrom('1', '+Inf', '0.5', 'nope', 'é\n"'), { maxKeys: 3 }),
  samples: fc
    .array(fc.record({ atMs: fc.integer({ min: 0, max: 400_000 }), value }), { maxLength: 30 })
    .map((samples) => samples.sort((one, other) => one.atMs - other.atMs)),
});

const operators = [
  ...arithmetic,
  ...comparisons,
  ...setOperators,
  '> bool',
  '+ on (job)',
  '* ignoring (a) group_left (le)',
];
const leaf = fc.constantFrom(
  ...[
    'x',
    'y[1m]',
    '{a=~".+"}',
    'x_bucket',
    '1',
    '-1',
    'NaN',
    '"text"',
    'x offset 1m',
    'x[1m] offset -1m',
    '{__name__=~"x|y"}',
  ],
  ...['x @ 5', 'x[1m:5s]', '(x)', '-x', '{"__proto__"}', '{__proto__="1"}', 'Inf', '5m', '""'],
);

/** Any function around anything, right or wrong. */
const { anything } = fc.letrec<{ anything: string }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom(...functions.keys(), ...aggregateNames), fc.array(tie('anything'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`),
    fc
      .tuple(fc.constantFrom(...aggregateNames), fc.constantFrom('by', 'without'), label, tie('anything'))
      .map(([name, by, of, arg]) => `${name} ${by} (${of}) (${arg})`),
    fc
      .tuple(tie('anything'), fc.constantFrom(...operators), tie('anything'))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
  ),
}));

/** A character more, less or other. */
const damaged = fc
  .tuple(
    fc.oneof(expression, anything),
    fc.nat(),
    fc.constantFrom('', '(', ')', '"', '{', '[', ' ', '\\', '#', '-', 'é', '\0'),
    fc.nat(2),
  )
  .map(
    ([text, at, put, cut]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut),
  );

describe('PromQL, whatever is asked', () => {
  const answers = (query: string, source: ListedSource, atMs: number): void => {
    const prepared = prepareQuery(query);
    if (!prepared.ok) return void expect(prepared.error).to.be.a('string').that.is.not.empty;
    const answer = prepared.query.ask(source, atMs);
    if ('error' in answer) return void expect(answer.error).to.be.a('string').that.is.not.empty;
    for (const element of answer) {
      if (typeof element.value === 'number') expect(Number.isFinite(element.value)).to.equal(true);
      else expect(element.value).to.be.oneOf(['NaN', '+Inf', '-Inf']);
    }
  };

  const holds = (runs: number): void =>
    fc.assert(
      fc.property(
        fc.uniqueArray(anySeries, { maxLength: 6, selector: ({ name, labels }) => JSON.stringify([name, labels]) }),
        fc.array(fc.oneof(expression, anything, damaged, fc.string()), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: -1_000, max: 800_000 }),
        (series, queries, atMs) => {
          const source = new ListedSource(series);
          for (const query of queries) answers(query, source, atMs);
        },
      ),
      { numRuns: runs },
    );

  it('answers or refuses', () => holds(400));
  it('long: answers or refuses a hundred thousand', () => holds(25_000)).timeout(600_000);

  it('answers any line of a batch with one line', () => {
    const batch = new Batch();
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ series: fc.array(fc.anything()), evals: fc.array(fc.anything()) })
        .map((question) =>
          JSON.stringify(question, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)),
        ),
    );
    fc.assert(
      fc.property(line, (text) => {
        const answer = batch.answer(text);
        expect(answer).not.to.include('\n');
        expect(Object.keys(JSON.parse(answer) as object)).to.have.length(1);
      }),
      { numRuns: 300 },
    );
  });
});

const ended = (values: string): string => {
  const items = values.split(' ').map((item) => (item === '_' ? 'stale' : item));
  return [...items, ...new Array<string>(Math.max(0, 41 - items.length)).fill('stale')].join(' ');
};

describe('PromQL over the windows of the engine', () => {
  it('answers as over series that are listed', () => {
    fc.assert(
      fc.property(seriesSet, fc.array(fc.tuple(expression, time), { minLength: 20, maxLength: 20 }), (all, asked) => {
        // On a page a series that is not there has ended.
        const series = all.map((each) => ({ ...each, values: ended(each.values) }));
        const evals = asked.map(([expr, atMs]) => ({ expr, atMs }));
        const listed = ourAnswers({ intervalSeconds: 5, series, evals });
        const page = load(5_000, series);
        evals.forEach(({ expr, atMs }, nth) => {
          const prepared = prepareQuery(expr);
          if (!prepared.ok) return;
          const answer = answerOf(prepared.query.ask(new ScopeView(new Scope([page])), atMs));
          expect(difference(listed[nth] ?? [], answer) ?? '', `${expr} at ${atMs}`).to.equal('');
        });
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});

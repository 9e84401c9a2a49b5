import { expect } from 'chai';
import fc from 'fast-check';
import { evidenceOf } from '../../../engine/derive/evidence.js';
import { Bench, start } from './pages.js';

const file = `
scrape: {interval: 1s}
metrics:
  errors: {level: app, ratio: {bad: 'r_total{code=~"5.."}', total: r_total}, good: 1%, critical: 10%, weight: 1}
`;

const text = (ok: number | null, bad: number | null): string =>
  [ok === null ? '' : `r_total{code="200"} ${ok}`, bad === null ? '' : `r_total{code="500"} ${bad}`].join('\n') ||
  '# empty';

describe('ratio', () => {
  it('counts what rose between two scrapes', () => {
    const bench = new Bench(file).pages([text(100, 50), text(190, 60)], 1);
    expect(bench.read('errors')).to.equal(evidenceOf(10, 100));
    expect(bench.reading('errors')).to.include({ sampledAt: start + 1000 });
  });

  it('takes the worst of its windows', () => {
    // The last second all is bad; over ten seconds there were many good ones before.
    const bench = new Bench(file).pages([...Array.from({ length: 11 }, (_, i) => text(i * 100, 0)), text(1000, 40)], 1);
    expect(bench.read('errors')).to.equal(evidenceOf(40, 40));
  });

  it('remembers over thirty seconds what one scrape is too short to prove', () => {
    // One bad of ten each second: 30 s prove far more than 1 s.
    const bench = new Bench(file).pages(
      Array.from({ length: 40 }, (_, i) => text(i * 9, i)),
      1,
    );
    expect(bench.read('errors')).to.equal(evidenceOf(30, 300));
  });

  it('forgets what is older than thirty seconds', () => {
    const bench = new Bench(file).pages(
      [text(0, 0), text(0, 500), ...Array.from({ length: 31 }, (_, i) => text(i, 500))],
      1,
    );
    expect(bench.read('errors')).to.equal(0);
  });

  it('proves nothing with fewer than three', () => {
    expect(new Bench(file).pages([text(0, 0), text(0, 2)], 1).read('errors')).to.equal(0);
    expect(new Bench(file).pages([text(0, 0), text(0, 3)], 1).read('errors')).to.equal(evidenceOf(3, 3));
  });

  it('is no number as soon as its counters are none, and one again as soon as they are', () => {
    const bench = new Bench(file).pages([text(0, 0), text(100, 50), text(200, 50)], 1);
    expect(bench.later(1).page(text(NaN, NaN)).read('errors')).to.equal('not-a-number');
    expect(bench.later(1).page(text(400, 50)).read('errors')).to.equal(evidenceOf(50, 450));
  });

  it('counts what is a number beside what is none', () => {
    const bench = new Bench(file).pages([text(0, 0), text(NaN, 50)], 1);
    expect(bench.read('errors')).to.equal(evidenceOf(50, 50));
  });

  it('counts on over a reset', () => {
    const bench = new Bench(file).pages([text(1000, 500), text(20, 10)], 1);
    expect(bench.read('errors')).to.equal(evidenceOf(10, 30));
  });

  it('counts a newborn series from zero, where the scrape before was good', () => {
    const bench = new Bench(file).pages([text(100, null), text(110, 10)], 1);
    expect(bench.read('errors')).to.equal(evidenceOf(10, 20));
  });

  it('does not know since when a series is there, where the scrape before was not good', () => {
    const bench = new Bench(file).page(text(100, null)).later(1).outcome({ kind: 'lost', why: '' }).later(1);
    expect(bench.page(text(110, 10)).read('errors')).to.equal(0);
    expect(bench.later(1).page(text(110, 20)).read('errors')).to.equal(evidenceOf(10, 10));
  });

  it('does not count what stood on the first page of all', () => {
    const bench = new Bench(file).page(text(1000, 1000));
    expect(bench.read('errors')).to.equal('warming-up');
    expect(bench.later(1).page(text(1010, 1000)).read('errors')).to.equal(0);
  });

  it('goes on where a series left off that was missing for a page', () => {
    const bench = new Bench(file).pages([text(10, 5), text(20, null), text(30, 8)], 1);
    expect(bench.read('errors')).to.equal(Math.max(evidenceOf(3, 13), evidenceOf(3, 23)));
  });

  const absences: readonly (readonly [string, string, (bench: Bench) => Bench])[] = [
    ['was never there', 'never-exposed', (bench) => bench.pages(['# a', '# a'], 1)],
    ['has no requests', 'too-little-traffic', (bench) => bench.pages([text(5, 5), text(5, 5)], 1)],
    ['lost its series', 'too-little-traffic', (bench) => bench.pages([text(5, 5), '# a', '# a'], 1)],
    ['is not a number', 'not-a-number', (bench) => bench.pages(['r_total NaN', 'r_total NaN'], 1)],
    ['was scraped once', 'warming-up', (bench) => bench.page(text(5, 5))],
    ['was never scraped', 'missing', (bench) => bench],
    [
      'could not be read',
      'missing',
      (bench) => bench.pages([text(0, 0), text(9, 9)], 1).outcome({ kind: 'unreadable', why: '' }),
    ],
    ['is gone', 'missing', (bench) => bench.pages([text(0, 0), text(9, 9)], 1).outcome({ kind: 'refused', why: '' })],
    ['is old', 'stale', (bench) => bench.pages([text(0, 0), text(9, 9)], 1).later(3.5)],
  ];
  for (const [what, absence, build] of absences)
    it(`says ${absence} where the page ${what}`, () => expect(build(new Bench(file)).read('errors')).to.equal(absence));

  it('is not touched by one lost scrape', () => {
    const bench = new Bench(file)
      .pages([text(0, 0), text(0, 9)], 1)
      .later(1)
      .outcome({ kind: 'lost', why: '' });
    expect(bench.read('errors')).to.equal(evidenceOf(9, 9));
  });

  describe('behind a rotation mark', () => {
    const bad = (): Bench => new Bench(file).pages([text(0, 0), text(0, 100), text(0, 200)], 1);

    it('sees only what came after, from the last sample before it on', () => {
      const bench = bad();
      const mark = { state: 'probation', since: bench.now + 500 } as const;
      expect(bench.read('errors', mark)).to.equal('warming-up');
      bench.later(1).page(text(50, 204));
      expect(bench.read('errors', mark)).to.equal(evidenceOf(4, 54));
      expect(bench.read('errors')).to.be.greaterThan(0.7);
    });

    it('cuts nothing while out: the score holds what was judged', () => {
      const bench = bad();
      expect(bench.read('errors', { state: 'out', since: bench.now })).to.equal(bench.read('errors'));
    });
  });

  it('sums the same counter from two gateways', () => {
    const bench = new Bench(file, (metric) => ({ ...metric, level: 'gateway' }));
    for (const [ok, errors] of [
      [0, 0],
      [10, 5],
    ] as const) {
      bench
        .page(text(ok, errors), 'gateway', 'gateway a')
        .page(text(2 * ok, errors), 'gateway', 'gateway b')
        .later(1);
    }
    expect(bench.read('errors')).to.equal(evidenceOf(10, 40));
  });

  it('never says more than the worst second has shown, and is 0 without bad ones', () => {
    const step = fc.tuple(fc.nat(50), fc.nat(50), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 45 }), fc.boolean(), (steps, anyBad) => {
        const bench = new Bench(file);
        let [ok, bad, worst] = [0, 0, 0];
        bench.page(text(ok, bad));
        for (const [goodOnes, badOnes, restart] of steps) {
          if (restart) [ok, bad] = [0, 0];
          ok += goodOnes;
          bad += anyBad ? badOnes : 0;
          if (goodOnes + badOnes > 0 && anyBad) worst = Math.max(worst, badOnes / (goodOnes + badOnes));
          bench.later(1).page(text(ok, bad));
        }
        const value = bench.read('errors');
        if (typeof value === 'number' && !steps.some(([, , restart]) => restart)) expect(value).to.be.within(0, worst);
        if (typeof value === 'number' && !anyBad) expect(value).to.equal(0);
      }),
      { numRuns: 100 },
    );
  });
});

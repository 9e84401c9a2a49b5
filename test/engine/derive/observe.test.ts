import { expect } from 'chai';
import type { MetricName } from '../../../config/index.js';
import { Bench, start } from './pages.js';

const queryFile = (query: string, more = ''): string => `
scrape: {interval: 5s}
system: {url: 'http://{{node.address}}:9100/metrics', interval: 5s}
drain: {in_flight: sum(busy)}
metrics:
  m: {level: app, query: '${query}', good: 0, critical: 100, weight: 1${more}}
`;

describe('query metrics', () => {
  it('reads one element', () => {
    const bench = new Bench(queryFile('sum(x) * 2')).page('x{a="1"} 3\nx{a="2"} 4\n').later(1);
    expect(bench.reading('m')).to.deep.equal({ kind: 'value', value: 14, sampledAt: start });
  });

  it('reads a rate over $__rate_interval: 5 intervals', () => {
    const bench = new Bench(queryFile('rate(x[$__rate_interval])')).pages(
      [0, 50, 100, 150, 200, 250, 300].map((n) => `x ${n}\n`),
      5,
    );
    expect(bench.read('m')).to.equal(10);
  });

  it('never reads a value for up', () => {
    const bench = new Bench('metrics:\n  alive: {level: app, up: true, good: 1, critical: 0, weight: 1}\n').page('x 1');
    expect(bench.observe().readings.size).to.equal(0);
  });

  const absences: readonly (readonly [string, string, string, (bench: Bench) => Bench])[] = [
    ['the name was never shown', 'never-exposed', 'x', (bench) => bench.page('y 1')],
    ['one of two names was never shown', 'never-exposed', 'x / y', (bench) => bench.page('y 1')],
    ['one alternative was shown before', 'empty', 'x or y', (bench) => bench.page('y 1').later(5).page('# none')],
    ['no alternative was ever shown', 'never-exposed', 'x or y', (bench) => bench.page('z 1')],
    ['the series vanished', 'empty', 'x', (bench) => bench.page('x 1').later(5).page('# none')],
    ['only other labels were ever shown', 'never-exposed', 'x{a="b"}', (bench) => bench.page('x 1')],
    ['the filter lets nothing through', 'empty', 'x > 5', (bench) => bench.page('x 1')],
    ['there was one sample for a rate', 'warming-up', 'rate(x[30s])', (bench) => bench.page('x 1')],
    ['it is NaN', 'not-a-number', 'x', (bench) => bench.page('x NaN')],
    ['it is infinite', 'not-a-number', '1 / x', (bench) => bench.page('x 0')],
    ['there are two elements', 'ambiguous', 'x', (bench) => bench.page('x{a="1"} 1\nx{a="2"} 2')],
    ['it fails', 'ambiguous', 'x + on () x', (bench) => bench.page('x{a="1"} 1\nx{a="2"} 2')],
    ['nothing was scraped', 'missing', 'x', (bench) => bench],
    ['only lost scrapes', 'missing', 'x', (bench) => bench.outcome({ kind: 'lost', why: '' })],
    ['HTML came', 'missing', 'x', (bench) => bench.page('x 1').later(5).outcome({ kind: 'unreadable', why: '' })],
    ['three intervals passed', 'stale', 'x', (bench) => bench.page('x 1').later(15.1)],
    [
      'its own timestamp stands still',
      'stale',
      'x',
      (bench) =>
        bench.pages(
          [1, 2, 3, 4, 5].map(() => `x 1 ${start}`),
          5,
        ),
    ],
  ];
  for (const [what, absence, query, build] of absences)
    it(`says ${absence} where ${what}`, () => expect(build(new Bench(queryFile(query))).read('m')).to.equal(absence));

  it('keeps the value while a scrape or two are lost', () => {
    const bench = new Bench(queryFile('x')).page('x 7').later(5).outcome({ kind: 'lost', why: '' }).later(5);
    expect(bench.read('m')).to.equal(7);
  });

  it('finds on the page of the node what its own does not show, but never the exporter for the process', () => {
    const bench = new Bench(queryFile('x / node_total')).page('x 5').page('node_total 10\nx 9', 'system');
    expect(bench.read('m')).to.equal(0.5);
    const own = new Bench(queryFile('process_open_fds')).page('x 5').page('process_open_fds 10', 'system');
    expect(own.read('m')).to.equal('never-exposed');
  });

  it('starts anew when the wall clock is set back', () => {
    const bench = new Bench(queryFile('x')).page('x 7').later(-3600).page('x 8');
    expect(bench.read('m')).to.equal(8);
  });

  describe('with minimal traffic', () => {
    const file = queryFile('x', ', min_traffic: {query: "rate(n[$__rate_interval])", at_least: 1}');
    const pages = (perScrape: number): Bench =>
      new Bench(file).pages(
        [0, 1, 2, 3, 4, 5].map((i) => `x 9\nn ${i * perScrape}\n`),
        5,
      );

    it('judges with enough', () => expect(pages(5).read('m')).to.equal(9));
    it('says so with too little', () => expect(pages(4).read('m')).to.equal('too-little-traffic'));
    it('takes no requests at all for too little', () => {
      expect(new Bench(file).pages(['x 9', 'x 9'], 5).read('m')).to.equal('too-little-traffic');
    });
    it('waits for a second scrape', () => expect(new Bench(file).page('x 9\nn 1').read('m')).to.equal('warming-up'));
    it('does not hide a metric that is never shown', () => {
      expect(new Bench(file).pages(['n 1', 'n 1'], 5).read('m')).to.equal('never-exposed');
    });
    it('sees nothing from before a mark', () => {
      const bench = pages(50);
      expect(bench.read('m', { state: 'in', since: bench.now })).to.equal('warming-up');
      bench.later(5).page('x 9\nn 251');
      expect(bench.read('m', { state: 'in', since: bench.now - 2_000 })).to.equal('too-little-traffic');
      expect(bench.read('m')).to.equal(9);
    });
  });
});

describe('stall', () => {
  const file = `
scrape: {interval: 5s}
metrics:
  hung: {level: app, stall: {in_flight: busy, completed: done_total}, good: 0, critical: 1, weight: 1}
`;
  const rows: readonly (readonly [string, readonly string[], number | string])[] = [
    ['requests wait and none completes', ['busy 5\ndone_total 9', 'busy 5\ndone_total 9'], 1],
    ['one completes', ['busy 5\ndone_total 9', 'busy 5\ndone_total 10'], 0],
    ['too few wait', ['busy 5\ndone_total 9', 'busy 2\ndone_total 9'], 0],
    ['too few waited before', ['busy 2\ndone_total 9', 'busy 5\ndone_total 9'], 0],
    [
      'requests are spread over series',
      ['busy{a="1"} 2\nbusy{a="2"} 1\ndone_total 9', 'busy{a="1"} 2\nbusy{a="2"} 1\ndone_total 9'],
      1,
    ],
    ['none ever completed', ['busy 5', 'busy 5'], 1],
    ['the first one completes', ['busy 5', 'busy 5\ndone_total 1'], 0],
    ['it restarted', ['busy 5\ndone_total 900', 'busy 5\ndone_total 1'], 0],
    ['one page is there', ['busy 5\ndone_total 9'], 'warming-up'],
    ['in flight is never shown', ['done_total 9', 'done_total 9'], 'never-exposed'],
    ['in flight vanished', ['busy 5', 'done_total 9'], 'empty'],
    ['in flight is NaN', ['busy NaN', 'busy NaN'], 'not-a-number'],
  ];
  for (const [what, pages, value] of rows)
    it(`is ${value} where ${what}`, () => expect(new Bench(file).pages(pages, 5).read('hung')).to.equal(value));

  it('starts anew behind a mark', () => {
    const bench = new Bench(file).pages(['busy 5\ndone_total 9', 'busy 5\ndone_total 9'], 5);
    expect(bench.read('hung', { state: 'probation', since: bench.now })).to.equal('warming-up');
  });
});

describe('what the scheduler asks besides', () => {
  const file = `
scrape: {interval: 1s}
drain: {in_flight: sum(busy)}
metrics:
  errors: {level: app, ratio: {bad: 'r_total{code="500"}', total: r_total}, good: 1%, critical: 10%, weight: 1}
  memory: {level: app, query: mem, good: 0, critical: 100, weight: 1}
`;

  it('counts requests since first seen, and since a mark, long after it has left the window', () => {
    const bench = new Bench(file).pages(
      [100, 110, 120].map((n) => `r_total ${n}`),
      1,
    );
    expect(bench.observe().requests).to.equal(20);
    const mark = { state: 'probation', since: bench.now + 500 } as const;
    expect(bench.observe(mark).requests).to.equal(0);
    bench.later(1).page('r_total 127');
    expect(bench.observe(mark).requests).to.equal(7);
    for (let i = 1; i <= 200; i++) bench.later(1).page(`r_total ${127 + i}`);
    expect(bench.observe(mark).requests).to.equal(207);
    expect(bench.observe().requests).to.equal(227);
  });

  it('counts requests over a restart of the process', () => {
    const bench = new Bench(file).pages(
      [100, 110, 5, 8].map((n) => `r_total ${n}`),
      1,
    );
    expect(bench.observe().requests).to.equal(18);
  });

  it('does not know requests that nobody counts, nor those of pages that never came', () => {
    expect(new Bench(queryFile('x')).page('x 1').observe().requests).to.equal(null);
    expect(new Bench(file).observe().requests).to.equal(null);
  });

  it('sums the requests in flight', () => {
    const bench = new Bench(file).page('busy{a="1"} 2\nbusy{a="2"} 3');
    expect(bench.observe().inFlight).to.equal(5);
    expect(bench.later(1).page('# none').observe().inFlight).to.equal(null);
    expect(bench.later(60).observe().inFlight).to.equal(null);
  });

  it('always knows when the process of its own page started', () => {
    const bench = new Bench(file)
      .page('process_start_time_seconds 1700000000.25')
      .page('process_start_time_seconds 5', 'system');
    expect(bench.observe().processStartedAt).to.equal(1_700_000_000_250);
    for (const wrong of ['NaN', '+Inf', '-5', '1e13', '1e300'])
      expect(new Bench(file).page(`process_start_time_seconds ${wrong}`).observe().processStartedAt).to.equal(null);
    expect(new Bench(file).page('x 1').observe().processStartedAt).to.equal(null);
  });

  describe('moving', () => {
    const moves = (values: readonly number[]): boolean =>
      new Bench(file)
        .pages(
          values.map((n) => `mem ${n}`),
          1,
        )
        .observe()
        .moving.has('memory' as MetricName);
    const steady = (seconds: number, value: number): number[] => new Array<number>(seconds).fill(value);

    it('is a resource that changed by more than a twentieth of its band', () => {
      expect(moves([...steady(12, 50), ...steady(20, 56)])).to.equal(true);
      expect(moves([...steady(12, 50), ...steady(20, 55)])).to.equal(false);
      expect(moves([...steady(12, 56), ...steady(20, 50)])).to.equal(true);
    });
    it('rests when it has not for thirty seconds', () => {
      expect(moves([...steady(10, 50), ...steady(35, 90)])).to.equal(false);
      expect(moves(Array.from({ length: 60 }, (_, i) => 50 + i / 2))).to.equal(true);
    });
  });
});

import { expect } from 'chai';
import type { InstanceId, ServiceName } from '../../../config/index.js';
import { compileService, createFilters, SeriesStore } from '../../../engine/derive/index.js';
import type { InstanceRef, Sample, Target, TargetKey } from '../../../engine/model.js';
import { Slabs } from '../../../lib/slab.js';
import { Block, cell } from '../../../engine/derive/store/block.js';
import { createSelector } from '../../../engine/derive/promql/selector.js';
import { Interning } from '../../../engine/derive/store/interning.js';
import { policyFor } from '../../support/policy.js';
import { ref, start, targetOf } from './pages.js';

const sample = (name: string, value: number, labels = {}): Sample => ({ name, labels, value, timestampMs: null });
const other: InstanceRef = { service: 'checkout' as ServiceName, id: 'checkout-2' as InstanceId };
const file = (query: string): string => `
scrape: {interval: 1s}
metrics:
  m: {level: app, query: '${query}', good: 0, critical: 1, weight: 1}
`;

const storeFor = (query: string): SeriesStore => {
  const store = new SeriesStore();
  store.setServices([compileService(policyFor(file(query)))], start);
  return store;
};

const apply = (store: SeriesStore, target: Target, at: number, samples: readonly Sample[]): void =>
  store.apply([target], {
    target: target.key,
    startedAt: start + at,
    durationMs: 1,
    outcome: { kind: 'page', samples, warnings: [] },
  });

describe('Block', () => {
  const interning = new Interning();
  const a = interning.of('a', {});
  const b = interning.of('b', {});

  it('keeps the last rows and forgets the rest', () => {
    const block = new Block(new Slabs(), 3, 1);
    for (let i = 0; i < 10; i++) {
      block.begin(i, true);
      block.put(a, i * i, null);
      block.end();
    }
    expect([0, 1, 2].map((age) => [block.timeAt(age), block.valueAt(0, age)])).to.deep.equal([
      [9, 81],
      [8, 64],
      [7, 49],
    ]);
  });

  const row = (block: Block, at: number, ...series: (typeof a)[]): void => {
    block.begin(at, true);
    for (const each of series) block.put(each, at, null);
    block.end();
  };
  /** Newest first; null: no value. */
  const column = (block: Block, series: typeof a): readonly (number | null)[] => {
    const place = Array.from({ length: block.width }, (_, at) => at).find((at) => block.seriesAt(at) === series) ?? -1;
    return Array.from({ length: block.count }, (_, age) =>
      block.cellAt(place, age) === cell.value ? block.valueAt(place, age) : null,
    );
  };

  it('marks who vanished, and gives up the place when nothing is left', () => {
    const block = new Block(new Slabs(), 3, 2);
    row(block, 0, a, b);
    row(block, 1, b);
    expect(column(block, a)).to.deep.equal([null, 0]);
    row(block, 2, b);
    expect(block.width).to.equal(2);
    row(block, 3, b);
    expect(block.width).to.equal(1);
    row(block, 4, b, a);
    expect(block.width).to.equal(2);
    expect(column(block, a)).to.deep.equal([4, null, null]);
    expect(column(block, b)).to.deep.equal([4, 3, 2]);
  });

  it('keeps samples and own timestamps apart when others leave the window', () => {
    const block = new Block(new Slabs(), 4, 0);
    const many = Array.from({ length: 9 }, (_, i) => interning.of('gone', { i: String(i) }));
    block.begin(0, true);
    for (const each of many) block.put(each, 0, null);
    block.put(a, 1, 100);
    block.put(b, 2, null);
    block.end();
    for (let at = 1; at < 6; at++) {
      block.begin(at, true);
      block.put(a, 10 * at, 100 + at);
      block.put(b, 20 * at, null);
      block.end();
    }
    expect(block.width).to.equal(2);
    expect(column(block, a)).to.deep.equal([50, 40, 30, 20]);
    expect(column(block, b)).to.deep.equal([100, 80, 60, 40]);
    expect([block.sampledAt(0, 0), block.sampledAt(1, 0)]).to.deep.equal([105, 5]);
  });

  it('knows the places of a selector, also after the series have changed, and shares them with its like', () => {
    const selector = createSelector('b', []);
    const [one, other] = [new Block(new Slabs(), 3, 2), new Block(new Slabs(), 3, 2)];
    for (const block of [one, other]) row(block, 0, a, b);
    expect(one.placesOf(selector)).to.deep.equal([1]);
    expect(other.placesOf(selector)).to.equal(one.placesOf(selector));
    for (let at = 1; at < 5; at++) row(one, at, b);
    expect(one.placesOf(selector)).to.deep.equal([0]);
    expect(other.placesOf(selector)).to.deep.equal([1]);
    expect(one.placesOf(createSelector('a', []))).to.deep.equal([]);
  });

  it('finds its series in whatever order they come, and grows', () => {
    const block = new Block(new Slabs(), 3, 0);
    const many = Array.from({ length: 50 }, (_, i) => interning.of('x', { i: String(i) }));
    for (const [at, series] of [many, [...many].reverse(), many.slice(10)].entries()) {
      block.begin(at, true);
      for (const each of series) block.put(each, Number(each.labels['i']), null);
      block.end();
    }
    for (let place = 0; place < block.width; place++)
      for (const age of [1, 2]) expect(block.valueAt(place, age)).to.equal(Number(block.seriesAt(place)?.labels['i']));
  });

  it('takes the first of two values of a series in one row', () => {
    const block = new Block(new Slabs(), 3, 1);
    block.begin(0, true);
    block.put(a, 1, null);
    block.put(a, 2, null);
    expect(block.valueAt(0, 0)).to.equal(1);
  });

  it('goes by own timestamps, and takes one that stands still for no new sample', () => {
    const block = new Block(new Slabs(), 4, 1);
    for (const [at, own] of [
      [10, 1],
      [20, 1],
      [30, 25],
    ] as const) {
      block.begin(at, true);
      block.put(a, at, own);
    }
    expect([2, 1, 0].map((age) => block.cellAt(0, age))).to.deep.equal([cell.value, cell.kept, cell.value]);
    expect([2, 0].map((age) => block.sampledAt(0, age))).to.deep.equal([1, 25]);
  });
});

describe('SeriesStore', () => {
  it('gives each instance of a shared page all of it', () => {
    const store = storeFor('x');
    apply(store, targetOf('app', 1000, [ref, other]), 0, [sample('x', 1)]);
    expect(store.counts).to.deep.equal({ instances: 2, series: 2 });
  });

  it('gives each instance what its label says', () => {
    const store = storeFor('x');
    const target: Target = {
      ...targetOf('app', 1000),
      mapping: {
        kind: 'label',
        label: 'server',
        values: new Map([
          ['10.0.0.1:80', [ref]],
          ['10.0.0.2:80', [other]],
        ]),
      },
    };
    const samples = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map((server, i) => sample('x', i, { server }));
    apply(store, target, 0, [...samples, sample('x', 9)]);
    expect(store.counts).to.deep.equal({ instances: 2, series: 2 });
    expect(store.window(other).pages[0]?.blocks[0]?.valueAt(0, 0)).to.equal(1);
  });

  it('keeps only what the service asks for, and shares what it means', () => {
    const store = storeFor('x{job="a"}');
    const labels = { job: 'a' };
    apply(store, targetOf('app', 1000, [ref, other]), 0, [
      sample('x', 1, labels),
      sample('x', 2, { job: 'b' }),
      sample('y', 3),
    ]);
    expect(store.counts.series).to.equal(2);
    const [one, two] = [ref, other].map((each) => store.window(each).pages[0]?.blocks[0]?.seriesAt(0));
    expect(one).to.equal(two);
  });

  it('keeps series as long as the longest question about them, others for the usual time', () => {
    const store = storeFor('rate(x[10m]) + y');
    apply(store, targetOf('app', 1000), 0, [sample('x', 1), sample('y', 2)]);
    const rows = store.window(ref).pages[0]?.blocks.map((block) => block.rows);
    expect(rows).to.deep.equal([33, 633]);
  });

  it('forgets instances that are gone', () => {
    const store = storeFor('x');
    apply(store, targetOf('app', 1000, [ref, other]), 0, [sample('x', 1)]);
    store.retain([other]);
    expect(store.window(ref).pages).to.have.length(0);
    expect(store.window(other).pages).to.have.length(1);
  });

  it('starts a page anew that is read at another URL or at another interval', () => {
    for (const change of [{ url: 'http://10.0.0.1:9090/other' }, { intervalMs: 2000 }]) {
      const store = storeFor('x');
      apply(store, targetOf('app', 1000), 0, [sample('x', 1)]);
      apply(store, { ...targetOf('app', 1000), ...change }, 1000, [sample('x', 2)]);
      expect(store.window(ref).pages.map(({ blocks }) => blocks[0]?.count)).to.deep.equal([1]);
    }
  });

  it('forgets a page that is no target of the instance any more', () => {
    const store = storeFor('x');
    const [one, two] = ['one', 'two'].map((key) => targetOf('app', 1000, [ref], key));
    if (!one || !two) throw new Error('no targets');
    apply(store, one, 0, [sample('x', 1)]);
    apply(store, two, 0, [sample('x', 1)]);
    store.retainPages([two, { ...one, mapping: { kind: 'whole', instances: [other] } }]);
    expect(store.window(ref).pages.map(({ key }) => key)).to.deep.equal(['two']);
  });

  it('gives up a page that is no longer scraped, once another takes its place', () => {
    const store = storeFor('x');
    apply(store, targetOf('app', 1000, [ref], 'old'), 0, [sample('x', 1)]);
    apply(store, targetOf('app', 1000, [ref], 'new'), 400_000, [sample('x', 1)]);
    expect(store.window(ref).pages.map(({ key }) => key)).to.deep.equal(['new']);
  });

  it('ignores services that it does not know', () => {
    const store = storeFor('x');
    apply(store, targetOf('app', 1000, [{ service: 'nope' as ServiceName, id: ref.id }]), 0, [sample('x', 1)]);
    expect(store.counts.instances).to.equal(0);
  });
});

describe('series filter', () => {
  it('is the union over the services that share a target, one object for equal unions', () => {
    const one = compileService(policyFor(`service: one\n${file('x{a="1"}')}`));
    const two = compileService(policyFor(`service: two\n${file('rate({__name__=~"y.*"}[1m])')}`));
    const filters = createFilters([one, two]);
    const shared = (services: readonly string[]): Target =>
      targetOf(
        'app',
        1000,
        services.map((service) => ({ service: service as ServiceName, id: ref.id })),
        services.join(),
      );
    const both = filters(shared(['one', 'two']));
    expect(both).to.equal(filters({ ...shared(['two', 'one', 'one']), key: 'k' as TargetKey }));
    expect(both.open).to.equal(true);
    expect([...both.names].sort()).to.deep.equal(['process_start_time_seconds', 'x']);
    expect(both.wants('x', { a: '1' })).to.equal(true);
    expect(both.wants('x', { a: '2' })).to.equal(false);
    expect(both.wants('yes', {})).to.equal(true);
    expect(filters(shared(['one'])).open).to.equal(false);
    expect(filters(shared(['one'])).wants('yes', {})).to.equal(false);
  });
});

describe('compileService', () => {
  const broken: readonly (readonly [string, RegExp])[] = [
    [file('rate(x)'), /checkout: m: rate needs a range.*characters 5 to 6 of "rate\(x\)"/],
    [file('rate(x[30d])'), /checkout: x\{\} asks for 2592030 s of samples each 1 s, more than the limit of 5000/],
    [`drain: {in_flight: 'sum('}\n${file('x')}`, /checkout: drain.in_flight: the query ends too early/],
  ];
  for (const [text, why] of broken)
    it(`refuses with ${why.source.slice(0, 50)}`, () => expect(() => compileService(policyFor(text))).to.throw(why));

  it('refuses a counter that is computed', () => {
    const policy = policyFor(file('x'));
    const [metric] = policy.metrics;
    if (!metric) throw new Error('no metric');
    const source = { kind: 'ratio', bad: 'rate(x[1m])', total: 'sum(x)' } as const;
    const compile = (): unknown => compileService({ ...policy, metrics: [{ ...metric, source }] });
    expect(compile).to.throw(/checkout: m.bad: a counter is named by a plain selector/);
  });

  it('compiles the presets', () => {
    const compiled = compileService(policyFor('preset: [node, node-exporter]'));
    expect(compiled.metrics.length).to.be.greaterThan(10);
    expect(compiled.requests).to.not.equal(null);
    expect(compiled.inFlight).to.not.equal(null);
  });
});

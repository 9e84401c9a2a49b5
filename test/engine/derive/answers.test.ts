import { expect } from 'chai';

import { compileService, observe, SeriesStore } from '../../../engine/derive/index.js';
import { answerName, type Instance, type ScrapeOutcome, type Target } from '../../../engine/model.js';
import { ObservedPages } from '../../../engine/observed.js';
import { targetsOf } from '../../../engine/registry/index.js';
import { answered, instanceNamed, refused } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';
import { start } from './pages.js';

const text = `
service: checkout
prometheus: {url: "http://prom:9090", interval: 5s}
metrics:
  lag: {source: prometheus, query: lag, good: 1, critical: 2}
  busy: {source: prometheus, query: busy, good: 1, critical: 2, min_traffic: {query: requests, at_least: 10}}
  checks: {query: max(consul_check_status), good: 0, critical: 2}
  disk: {query: 'consul_check_status{scope="node"}', good: 0, critical: 2}
`;
const policy = policyFor(text);
const compiled = compileService(policy);
const check = (id: string, scope: 'node' | 'service', status: 'passing' | 'warning' | 'critical') => ({
  id,
  name: id,
  scope,
  status,
});
const one = instanceNamed('a', {
  checks: [check('serfHealth', 'node', 'passing'), check('http', 'service', 'warning')],
});
const two = instanceNamed('b', { port: 81 });

class Answers {
  readonly store = new SeriesStore();
  readonly observed = new ObservedPages(this.store);
  now = start;
  readonly #targets: readonly Target[];

  constructor() {
    this.store.setServices([compiled], this.now);
    this.#targets = targetsOf([{ policy, instances: [one, two], scrapesOwn: false }]).targets;
  }

  /** Answers one question: values by the instance's port. */
  answer(promql: string, ...values: readonly (readonly [port: number, value: number])[]): this {
    const samples = values.map(([port, value], at) => ({
      name: answerName,
      labels: { instance: `10.0.0.1:${port}`, at: String(at) },
      value,
      timestampMs: null,
    }));
    return this.end(promql, { kind: 'page', samples, warnings: [] });
  }

  end(promql: string, outcome: ScrapeOutcome): this {
    const target = this.#targets.find(({ question }) => question?.promql === promql);
    if (!target) throw new Error(`nobody asks ${promql}`);
    this.store.apply([target], { target: target.key, startedAt: this.now, durationMs: 1, outcome });
    return this;
  }

  later(seconds: number): this {
    this.now += seconds * 1_000;
    return this;
  }

  read(name: string, instance: Instance = one, up = answered(this.now)): number | string {
    this.observed.write(compiled, { instance, up, scrapeMs: null }, this.now);
    const { readings } = observe(compiled, this.store.window(instance), { instance, up, mark: null, now: this.now });
    const reading = [...readings].find(([metric]) => metric === name)?.[1];
    return reading?.kind === 'value' ? reading.value : (reading?.absence ?? 'no reading');
  }
}

describe('answers of a Prometheus server, as readings', () => {
  it('are the value of the element that names the instance', () => {
    const answers = new Answers().answer('lag', [8080, 1.5], [81, 3]);
    expect([answers.read('lag'), answers.read('lag', two)]).to.deep.equal([1.5, 3]);
  });

  it('missing before the first, empty where they do not name it, whether or not they ever did', () => {
    const answers = new Answers();
    expect(answers.read('lag')).to.equal('missing');
    expect(answers.answer('lag', [8080, 1]).read('lag', two)).to.equal('empty');
    expect(answers.later(5).answer('lag', [81, 1]).read('lag')).to.equal('empty');
  });

  it('ambiguous where several elements name it, no number where it is NaN', () => {
    expect(new Answers().answer('lag', [8080, 1], [8080, 1]).read('lag')).to.equal('ambiguous');
    expect(new Answers().answer('lag', [8080, NaN]).read('lag')).to.equal('not-a-number');
  });

  it('stay over a lost one, until they are too old; a server that is down, or answers nonsense, makes them missing', () => {
    const answers = new Answers().answer('lag', [8080, 1]);
    expect(answers.later(5).end('lag', { kind: 'lost', why: 'x' }).read('lag')).to.equal(1);
    expect(answers.later(15).end('lag', { kind: 'lost', why: 'x' }).read('lag')).to.equal('stale');
    for (const kind of ['refused', 'unreadable'] as const)
      expect(new Answers().answer('lag', [8080, 1]).later(1).end('lag', { kind, why: 'x' }).read('lag')).to.equal(
        'missing',
      );
  });

  it('of one question say nothing for another', () => {
    const answers = new Answers().answer('lag', [8080, 1]);
    expect(answers.read('busy')).to.equal('missing');
  });

  it('count only with enough traffic; without an answer about traffic they say nothing', () => {
    const answers = new Answers().answer('busy', [8080, 5], [81, 5]);
    expect(answers.read('busy')).to.equal('missing');
    answers.answer('requests', [8080, 12]);
    expect([answers.read('busy'), answers.later(1).read('busy', two)]).to.deep.equal([5, 'empty']);
    expect(answers.later(5).answer('busy', [8080, 5]).answer('requests', [8080, 9]).read('busy')).to.equal(
      'too-little-traffic',
    );
  });
});

describe('what the engine itself observes, as series', () => {
  it("shows Consul's checks, whether or not any page can be read", () => {
    const answers = new Answers();
    expect([answers.read('checks'), answers.later(5).read('disk')]).to.deep.equal([1, 0]);
  });

  it('is empty, not zero, for an instance without checks', () => {
    const answers = new Answers();
    expect(answers.read('checks', two)).to.equal('never-exposed');
    answers.later(5).read('checks', { ...two, checks: [check('http', 'service', 'critical')] });
    expect(answers.later(5).read('checks', two)).to.equal('empty');
  });

  it('tells whether the process answered, and how long it took; a page cannot speak under these names', () => {
    const mixed = compileService(
      policyFor(
        "metrics: {up: {query: 'min_over_time(up[20s])', good: 1, critical: 0}, slow: {query: scrape_duration_seconds, good: 1, critical: 2}}",
      ),
    );
    const store = new SeriesStore();
    const pages = new ObservedPages(store);
    store.setServices([mixed], start);
    const instance = instanceNamed('c');
    const read = (now: number, up = answered(now)): readonly unknown[] => {
      pages.write(mixed, { instance, up, scrapeMs: 250 }, now);
      const { readings } = observe(mixed, store.window(instance), { instance, up, mark: null, now });
      return [...readings.values()].map((reading) => (reading.kind === 'value' ? reading.value : reading.absence));
    };
    expect(read(start)).to.deep.equal([1, 0.25]);
    expect(read(start + 5_000, refused(start))).to.deep.equal([0, 0.25]);
    expect(read(start + 10_000)).to.deep.equal([0, 0.25]);
    expect(read(start + 30_000)).to.deep.equal([1, 0.25]);
    expect(mixed.needs.app.map(({ selector }) => selector.name)).to.deep.equal(['process_start_time_seconds']);
  });
});

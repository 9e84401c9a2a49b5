/** The pipeline under a policy that changes while it runs: what does not rest on the change goes on as if nothing had happened. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { ServicePolicy } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import { compileService, observe, SeriesStore } from '../../engine/derive/index.js';
import { emptyMemory, reconfigure, type ServiceMemory } from '../../engine/memory.js';
import type { Sample, Target, TargetKey } from '../../engine/model.js';
import { step, type DueInstance } from '../../engine/pipeline.js';
import { answered, instanceNamed } from '../support/observations.js';
import { policyFor } from '../support/policy.js';

const file = (more = ''): string => `
scrape: {interval: 1s}
metrics:
  process_up: {level: system, up: true, weight: 1, cap: 0, good: 1, critical: 0}
  errors: {level: app, ratio: {bad: 'hits_total{code="500"}', total: hits_total}, good: 1%, critical: 10%, weight: 1, cap: 20}
  depth: {level: app, query: queue_depth, good: 10, critical: 100, weight: 1, cap: 30}
${more}`;

interface Second {
  readonly bad: number;
  readonly depth: number;
}

class Loop {
  now = 1_000_000;
  memory: ServiceMemory = emptyMemory;
  private readonly store = new SeriesStore();
  private readonly instance = instanceNamed('checkout-1');
  private served = { good: 0, bad: 0 };
  private compiled;

  constructor(private policy: ServicePolicy) {
    this.compiled = compileService(policy);
    this.store.setServices([this.compiled], this.now);
  }

  edit(policy: ServicePolicy): this {
    this.memory = reconfigure(this.memory, this.policy, policy);
    this.policy = policy;
    this.compiled = compileService(policy);
    this.store.setServices([this.compiled], this.now);
    return this;
  }

  next({ bad, depth }: Second): InstanceScore {
    this.now += this.policy.scrape.intervalMs;
    const { now, instance } = this;
    this.served = { good: this.served.good + 100 - bad, bad: this.served.bad + bad };
    const sample = (name: string, value: number, labels = {}): Sample => ({ name, labels, value, timestampMs: null });
    const samples = [
      sample('hits_total', this.served.good, { code: '200' }),
      sample('hits_total', this.served.bad, { code: '500' }),
      sample('queue_depth', depth),
      sample('extra', 1),
    ];
    const target: Target = {
      key: 'app' as TargetKey,
      url: 'http://10.0.0.1/metrics',
      level: 'app',
      intervalMs: this.policy.scrape.intervalMs,
      connectTimeoutMs: 100,
      timeoutMs: 100,
      bodyLimitBytes: 1_000,
      mapping: { kind: 'whole', instances: [instance] },
    };
    const outcome = { kind: 'page', samples, warnings: [] } as const;
    this.store.apply([target], { target: target.key, startedAt: now, durationMs: 1, outcome });
    const window = this.store.window(instance);
    const observeNow: DueInstance['observe'] = (mark, at) =>
      observe(this.compiled, window, { instance, up: answered(at), mark, now: at });
    const due = [{ instance, mark: null, observe: observeNow }];
    const { memory, outputs } = step(this.memory, { due, gone: [] }, this.policy, now);
    this.memory = memory;
    const score = outputs.at(0)?.scored.whole;
    if (!score) throw new Error('no score');
    return score;
  }

  /** Time passes without a scrape; what expires is told. */
  quiet(ms: number): readonly InstanceScore[] {
    this.now += ms;
    const { memory, outputs } = step(this.memory, { due: [], gone: [] }, this.policy, this.now);
    this.memory = memory;
    return outputs.map(({ scored }) => scored.whole);
  }
}

const well: Second = { bad: 0, depth: 5 };
const times = (loop: Loop, count: number, second: Second): InstanceScore[] =>
  Array.from({ length: count }, () => loop.next(second));
const zones = (scores: readonly InstanceScore[]): string[] => scores.map(({ zone }) => zone);

describe('the pipeline, when a service file changes', () => {
  it('judges by a new threshold at the next evaluation, on the samples that it has', () => {
    const loop = new Loop(policyFor(file()));
    times(loop, 30, { bad: 4, depth: 5 });
    expect(loop.next({ bad: 4, depth: 5 }).score)
      .to.be.above(80 - 15)
      .and.below(95);
    loop.edit(policyFor(file().replace('critical: 10%', 'critical: 3%').replace('good: 1%', 'good: 0.5%')));
    // The window of 30 s speaks at once: nothing has to be seen anew.
    expect(loop.next({ bad: 4, depth: 5 }).score).to.be.below(50);
  });

  it('goes on counting towards a zone', () => {
    const loop = new Loop(policyFor(file()));
    times(loop, 5, well);
    const bad = { bad: 0, depth: 500 };
    // A gauge counts once its last three samples are bad; then two of the three evaluations are counted.
    expect(zones(times(loop, 4, bad))).to.deep.equal(['green', 'green', 'green', 'green']);
    loop.edit(policyFor(file().replace('critical: 10%', 'critical: 11%')));
    expect(zones(times(loop, 1, bad))).to.deep.equal(['red']);
  });

  it('keeps a red zone red over an edit of what does not concern it', () => {
    const loop = new Loop(policyFor(file()));
    times(loop, 10, { bad: 50, depth: 5 });
    const { zoneSince, evaluation } = loop.next({ bad: 50, depth: 5 });
    loop.edit(policyFor(file('  extra: {level: app, query: extra, good: 2, critical: 3, weight: 1}\n')));
    const after = loop.next({ bad: 50, depth: 5 });
    expect(after).to.include({ zone: 'red', zoneSince, evaluation: evaluation + 1 });
  });

  it('lets no score expire because it was made at a longer interval', () => {
    const slow = policyFor(file().replace('interval: 1s', 'interval: 10s'));
    const loop = new Loop(slow);
    times(loop, 5, well);
    loop.edit(policyFor(file()));
    expect(loop.quiet(9_000)).to.deep.equal([]);
    expect(loop.next(well).zone).to.equal('green');
    expect(zones(loop.quiet(4_000))).to.deep.equal(['unknown']);
  });

  it('property: editing one metric leaves every other number as it would have been', () => {
    const second = fc.record({ bad: fc.integer({ min: 0, max: 60 }), depth: fc.integer({ min: 0, max: 200 }) });
    const edits = fc.constantFrom(
      file('  extra: {level: app, query: extra, good: 2, critical: 3, weight: 1, dry_run: true}\n'),
      file('  extra: {level: app, query: "rate(extra[5m])", good: 2, critical: 3, weight: 1, dry_run: true}\n'),
      `owner: somebody\nguardrails: {min_available: 60%}\n${file()}`,
      file(),
    );
    fc.assert(
      fc.property(fc.array(second, { minLength: 8, maxLength: 50 }), edits, fc.nat(), (seconds, text, where) => {
        const [one, other] = [new Loop(policyFor(file())), new Loop(policyFor(file()))];
        const at = where % seconds.length;
        const edited = policyFor(text);
        seconds.forEach((each, i) => {
          if (i === at) other.edit(edited);
          const [plain, after] = [one.next(each), other.next(each)];
          const { policy: _, coverage: __, why: ___, ...left } = plain;
          const { policy: _p, coverage: _c, why: _w, ...right } = after;
          expect(right).to.deep.equal(left);
        });
      }),
      { numRuns: 40 },
    );
  });
});

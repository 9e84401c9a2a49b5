import { expect } from 'chai';
import fc from 'fast-check';
import type { MetricPolicy, ServicePolicy } from '../../../config/index.js';
import { forgetTraffic, judge, nextUp, type JudgeMemory } from '../../../engine/score/index.js';
import type { Judgement, UpObservation } from '../../../engine/model.js';
import { answered, gaugeNamed, lost, observed, refused, unfinished, type Values } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const second = 1_000;
const base = policyFor();
const policyOf = (...metrics: MetricPolicy[]): ServicePolicy => ({ ...base, metrics });

/** Judges one evaluation after another, an interval apart unless told. */
class Judge {
  memory: JudgeMemory = [];
  constructor(
    readonly policy: ServicePolicy,
    public now = 0,
  ) {}

  next(values: Values, { out = false, after = 5 * second, up = answered(this.now) } = {}): Judgement {
    this.now += after;
    const observation = observed(this.policy, this.now, values, { up });
    const inputs = { observation, up: nextUp(null, up, 3, this.now), out, policy: this.policy, now: this.now };
    const { memory, judgements } = judge(this.memory, inputs);
    this.memory = memory;
    const [first] = judgements;
    if (first === undefined) throw new Error('nothing was judged');
    return first;
  }
}

const gauge = gaugeNamed('a');

describe('a gauge', () => {
  it('is judged by the least bad of its last three samples', () => {
    const judge = new Judge(policyOf(gauge));
    expect([0.2, 0.9, 0.8, 0.7, 0.6].map((a) => judge.next({ a }).penalty)).deep.equal([0.2, 0.2, 0.2, 0.7, 0.6]);
  });

  it('shows the newest among samples that are equally bad', () => {
    const judge = new Judge(policyOf(gauge));
    judge.next({ a: -5 });
    expect(judge.next({ a: -3 })).include({ value: -3, penalty: 0, sampledAt: 10 * second });
  });

  it('counts a sample once, however often it is looked at', () => {
    const judge = new Judge(policyOf(gauge));
    judge.next({ a: 0 });
    const bad = observed(judge.policy, 10 * second, { a: 1 });
    for (let i = 0; i < 5; i += 1) {
      const inputs = {
        observation: bad,
        up: nextUp(null, bad.up, 3, 0),
        out: false,
        policy: judge.policy,
        now: 20 * second,
      };
      const result = judgeOnce(judge, inputs);
      expect(result).equal(0);
    }
  });

  it('does not count a sample from before a long gap', () => {
    const judge = new Judge(policyOf(gauge));
    judge.next({ a: 0 });
    expect(judge.next({ a: 1 }, { after: 60 * second }).penalty).equal(1);
  });

  it('keeps apart what it remembers when the policy gains, loses and reorders metrics', () => {
    const judge = new Judge(policyOf(gaugeNamed('b'), gauge));
    judge.next({ a: 0.1, b: 0.9 });
    const other = new Judge(policyOf(gauge, gaugeNamed('c')), judge.now);
    other.memory = judge.memory;
    expect(other.next({ a: 1, c: 1 }).penalty).equal(0.1);
  });

  it('is not a number: absent, and says so', () => {
    for (const a of [Number.NaN, Infinity])
      expect(new Judge(policyOf(gauge)).next({ a })).include({
        status: 'absent',
        absence: 'not-a-number',
        penalty: null,
      });
  });

  it('is absent for the reason given, never zero', () => {
    for (const absence of ['never-exposed', 'empty', 'missing', 'stale', 'warming-up'] as const)
      expect(new Judge(policyOf(gauge)).next({ a: absence })).include({
        status: 'absent',
        absence,
        penalty: null,
        value: null,
      });
    expect(new Judge(policyOf(gauge)).next({ a: 'too-little-traffic' })).include({ status: 'absent', penalty: 0 });
  });

  it('is never judged worse than any of the last three', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { minLength: 1, maxLength: 10 }), (values) => {
        const judge = new Judge(policyOf(gauge));
        values.forEach((a, i) => {
          const least = Math.min(...values.slice(Math.max(0, i - 2), i + 1).map((v) => Math.min(1, Math.max(0, v))));
          expect(judge.next({ a }).penalty).equal(least);
        });
      }),
    );
  });
});

const judgeOnce = (driver: Judge, inputs: Parameters<typeof judge>[1]): number | null | undefined => {
  const result = judge(driver.memory, inputs);
  driver.memory = result.memory;
  return result.judgements[0]?.penalty;
};

describe('ratio and stall', () => {
  it('are judged as they are: their evidence rule has looked back already', () => {
    const ratio = gaugeNamed('a', { source: { kind: 'ratio', bad: 'x', total: 'y' } });
    const judge = new Judge(policyOf(ratio));
    expect([0, 1, 0.5].map((a) => judge.next({ a }).penalty)).deep.equal([0, 1, 0.5]);
  });
});

describe('up', () => {
  const up = gaugeNamed('up', { source: { kind: 'up' }, good: 1, critical: 0, cap: 0 });
  const penaltyOf = (seen: UpObservation) => new Judge(policyOf(up)).next({}, { up: seen });

  it('answered: no penalty', () => expect(penaltyOf(answered(0))).include({ value: 1, penalty: 0 }));
  it('refused: down at once', () => expect(penaltyOf(refused(0))).include({ value: 0, penalty: 1 }));
  it('lost: missing, and down from the third in a row', () => {
    expect(penaltyOf(lost(0, 1))).include({ status: 'absent', absence: 'missing', penalty: null });
    expect(penaltyOf(lost(0, 2)).penalty).equal(null);
    expect(penaltyOf(lost(0, 3))).include({ value: 0, penalty: 1 });
  });
  it('begun and never finished: up, however often', () =>
    expect(penaltyOf(unfinished(0, 9))).include({ value: 1, penalty: 0 }));
  it('never scraped: missing', () => expect(penaltyOf({ ...answered(0), last: 'none' }).penalty).equal(null));

  it('keeps its state and since when while a lost scrape says nothing', () => {
    const first = nextUp(null, answered(0), 3, 0);
    const second_ = nextUp(first, lost(5), 3, 5);
    expect(second_).deep.equal({
      state: 'up',
      since: 0,
      why: '1 of 3 scrapes in a row were lost: no answer within 2s',
      by: 'answer',
    });
    expect(nextUp(second_, lost(15, 3), 3, 15)).include({
      state: 'down',
      since: 15,
      why: '3 scrapes in a row were lost: no answer within 2s',
      by: 'silence',
    });
    expect(nextUp(second_, refused(10), 3, 10)).include({
      state: 'down',
      since: 10,
      why: 'connection refused',
      by: 'refusal',
    });
  });
});

describe('decay', () => {
  it('lets a burst fall back with its half-life, and never hides what is worse now', () => {
    const judge = new Judge(
      policyOf(
        gaugeNamed('a', {
          source: { kind: 'stall', inFlight: 'i', completed: 'c', atLeast: 3 },
          curve: { kind: 'decay', halfLifeMs: 10 * second },
        }),
      ),
    );
    const seen = [1, 0, 0, 0.9, 0].map((a) => judge.next({ a }, { after: 10 * second }).penalty);
    expect(seen).deep.equal([1, 0.5, 0.25, 0.9, 0.45]);
  });

  it('goes on through evaluations without data', () => {
    const judge = new Judge(policyOf(gaugeNamed('a', { curve: { kind: 'decay', halfLifeMs: 10 * second } })));
    judge.next({ a: 1 });
    judge.next({ a: 'missing' }, { after: 10 * second });
    expect(judge.next({ a: 0 }, { after: 10 * second }).penalty).equal(0.25);
  });
});

describe('while an instance is out of rotation', () => {
  const ratio = gaugeNamed('a', { source: { kind: 'ratio', bad: 'x', total: 'y' } });
  const quiet = gaugeNamed('b', { minTraffic: { promql: 'x', atLeast: 1 } });
  const policy = policyOf(ratio, quiet, gaugeNamed('c'));

  it('metrics that need traffic are held at the last judged value', () => {
    const judge = new Judge(policy);
    judge.next({ a: 0.7 });
    for (let i = 0; i < 50; i += 1)
      expect(judge.next({ a: 'too-little-traffic' }, { out: true })).include({
        status: 'held',
        value: 0.7,
        penalty: 0.7,
        absence: null,
      });
    expect(judge.next({ a: 0 }, { out: true }).penalty).equal(0.7);
  });

  it('others are judged on', () => {
    const judge = new Judge(policyOf(gaugeNamed('c')));
    judge.next({ c: 0.7 });
    expect(judge.next({ c: 0.1 }, { out: true })).include({ status: 'judged', penalty: 0.1 });
  });

  it('what was held is forgotten when the page turns', () => {
    const judge = new Judge(policy);
    judge.next({ a: 1, b: 1, c: 0.1 });
    judge.memory = forgetTraffic(judge.memory, policy);
    expect(judge.memory.map(({ name }) => name)).deep.equal(['c']);
    expect(judge.next({ a: 0.2 }, { out: true })).include({ status: 'judged', penalty: 0.2 });
  });

  it('there is nothing to hold when it went out without traffic', () => {
    const judge = new Judge(policy);
    judge.next({ a: 0.7 });
    judge.next({ a: 'too-little-traffic' });
    expect(judge.next({ a: 'too-little-traffic' }, { out: true })).include({ status: 'absent', penalty: 0 });
  });
});

describe('an expression curve', () => {
  const bent = (text: string, change: Partial<MetricPolicy> = {}) =>
    gaugeNamed('a', { curve: { kind: 'expression', text }, ...change });
  const once = (values: Values, ...metrics: MetricPolicy[]) => new Judge(policyOf(...metrics)).next(values);

  it('bends the penalty of its own metric', () =>
    expect(once({ a: 0.5 }, bent('p^2'))).include({ value: 0.5, penalty: 0.25 }));

  it('speaks of other metrics, whatever their order', () => {
    expect(
      once({ a: 'empty', b: 0.5, c: 0.8 }, bent('max(b.p, c.p)^2'), gaugeNamed('b'), gaugeNamed('c')).penalty,
    ).closeTo(0.64, 1e-9);
  });

  it('cannot be judged without what it reads, for the same reason', () => {
    expect(once({ a: 'stale' }, bent('p')).absence).equal('stale');
    expect(once({ a: 0, b: 'empty' }, bent('p + b.p'), gaugeNamed('b'))).include({
      absence: 'empty',
      penalty: null,
      value: null,
    });
    expect(once({ a: 0, b: 'too-little-traffic' }, bent('b.cur'), gaugeNamed('b'))).include({
      absence: 'too-little-traffic',
      penalty: 0,
    });
    expect(once({ a: 0 }, bent('nowhere.p')).absence).equal('missing');
  });

  it('that gives no number, or is no curve at all, is not a number', () => {
    expect(once({ a: 0 }, bent('0 / 0')).absence).equal('not-a-number');
    expect(once({ a: 0 }, bent('import({})')).absence).equal('not-a-number');
  });

  it('cannot speak of another expression, nor of itself by name', () => {
    const other = gaugeNamed('b', { curve: { kind: 'expression', text: '1' } });
    expect(once({ a: 0.5, b: 1 }, bent('b.p'), other)).include({ absence: 'missing', penalty: null });
    expect(once({ a: 0.5 }, bent('a.p')).absence).equal('missing');
  });

  it('is held as it counted', () => {
    const judge = new Judge(policyOf(bent('p^2', { source: { kind: 'ratio', bad: 'x', total: 'y' } })));
    judge.next({ a: 0.5 });
    expect(judge.next({ a: 0 }, { out: true })).include({ status: 'held', penalty: 0.25 });
    expect(judge.next({ a: 0 }, { out: true })).include({ status: 'held', penalty: 0.25 });
  });
});

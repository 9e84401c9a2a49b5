import { expect } from 'chai';
import fc from 'fast-check';
import type { MetricPolicy, NoData, ServicePolicy } from '../../../config/index.js';
import { absenceSchema, type Absence } from '../../../engine/client/index.js';
import { assess, judge, nextUp, type JudgeMemory } from '../../../engine/score/index.js';
import type { Assessment, Judgement } from '../../../engine/model.js';
import { answered, gaugeNamed, observed, type Values } from '../../support/observations.js';
import { policyFor } from '../../support/policy.js';

const second = 1_000;
const base = policyFor();
const skip: NoData = { kind: 'skip' };
const hold: NoData = { kind: 'hold', forMs: 20 * second };
const worst: NoData = { kind: 'worst' };

/** Evaluations 5 s apart of a metric `a`, a tenth of the weight, beside `rest`, which is well. */
class Evaluations {
  memory: JudgeMemory = [];
  now = 100 * second;
  readonly policy: ServicePolicy;

  constructor(change: Partial<MetricPolicy>, ...others: MetricPolicy[]) {
    const rest = others.length > 0 ? others : [gaugeNamed('rest', { weight: 9 })];
    this.policy = { ...base, metrics: [gaugeNamed('a', change), ...rest] };
  }

  all(values: Values, { out = false, after = 5 * second } = {}): Assessment {
    this.now += after;
    const observation = observed(this.policy, this.now, values);
    const up = nextUp(null, answered(this.now), 3, this.now);
    const { memory, judgements } = judge(this.memory, { observation, up, out, policy: this.policy, now: this.now });
    this.memory = memory;
    return assess(judgements, this.policy.scoring);
  }

  /** Of `a`: what it came to, and the coverage of the whole. */
  next(
    a: number | Absence,
    options: { out?: boolean; after?: number } = {},
  ): Judgement & { readonly coverage: number } {
    const { judgements, coverage } = this.all({ a }, options);
    const [first] = judgements;
    if (first === undefined) throw new Error('nothing was judged');
    return { ...first, coverage };
  }
}

/** After a value of 0.4: [status, absence, penalty, coverage] for each reason. */
const outcome = (noData: NoData, absence: Absence): readonly unknown[] => {
  const evaluations = new Evaluations({ noData });
  evaluations.next(0.4);
  const { status, absence: shown, penalty, coverage } = evaluations.next(absence);
  return [status, shown, penalty, coverage];
};

describe('no_data', () => {
  const table: Readonly<Record<Absence, Readonly<Record<NoData['kind'], readonly unknown[]>>>> = {
    // What the page said is evidence of the instance, so that what stands in for it is covered.
    empty: {
      skip: ['absent', 'empty', null, 0.9],
      hold: ['held', 'empty', 0.4, 1],
      worst: ['absent', 'empty', 1, 1],
    },
    'not-a-number': {
      skip: ['absent', 'not-a-number', null, 0.9],
      hold: ['held', 'not-a-number', 0.4, 1],
      worst: ['absent', 'not-a-number', 1, 1],
    },
    ambiguous: {
      skip: ['absent', 'ambiguous', null, 0.9],
      hold: ['held', 'ambiguous', 0.4, 1],
      worst: ['absent', 'ambiguous', 1, 1],
    },
    // What no page brought counts as asked, and is never covered.
    missing: {
      skip: ['absent', 'missing', null, 0.9],
      hold: ['held', 'missing', 0.4, 0.9],
      worst: ['absent', 'missing', 1, 0.9],
    },
    stale: {
      skip: ['absent', 'stale', null, 0.9],
      hold: ['held', 'stale', 0.4, 0.9],
      worst: ['absent', 'stale', 1, 0.9],
    },
    // A window that fills is no fault.
    'warming-up': {
      skip: ['absent', 'warming-up', null, 0.9],
      hold: ['held', 'warming-up', 0.4, 1],
      worst: ['absent', 'warming-up', null, 0.9],
    },
    // Silence is covered and good, whatever is asked: nothing is held over it.
    'too-little-traffic': {
      skip: ['absent', 'too-little-traffic', 0, 1],
      hold: ['absent', 'too-little-traffic', 0, 1],
      worst: ['absent', 'too-little-traffic', 0, 1],
    },
    // It was exposed to the engine before a restart: now it is gone from the page.
    'never-exposed': {
      skip: ['absent', 'never-exposed', null, 1],
      hold: ['held', 'empty', 0.4, 1],
      worst: ['absent', 'empty', 1, 1],
    },
  };

  for (const absence of absenceSchema.options)
    for (const noData of [skip, hold, worst])
      it(`${absence}, ${noData.kind}`, () => expect(outcome(noData, absence)).deep.equal(table[absence][noData.kind]));

  it('never exposed stays reported and not counted, whatever is asked', () => {
    for (const noData of [skip, hold, worst])
      expect(new Evaluations({ noData }).next('never-exposed')).include({
        status: 'absent',
        absence: 'never-exposed',
        penalty: null,
        coverage: 1,
      });
  });

  it('hold: what was never judged cannot be held', () => {
    expect(new Evaluations({ noData: hold }).next('empty')).include({ status: 'absent', penalty: null, coverage: 0.9 });
  });

  it('hold: for as long as it says, from the first evaluation without a value, then as skip', () => {
    const evaluations = new Evaluations({ noData: hold });
    evaluations.next(0.4);
    const seen = [1, 2, 3, 4, 5, 6, 7].map(() => evaluations.next('empty').penalty);
    expect(seen).deep.equal([0.4, 0.4, 0.4, 0.4, 0.4, null, null]);
    evaluations.next(0.2);
    expect(evaluations.next('missing')).include({ status: 'held', value: 0.2, penalty: 0.2 });
  });

  it('hold: one value in between begins anew, another reason does not', () => {
    const evaluations = new Evaluations({ noData: hold });
    evaluations.next(0.4);
    const since = evaluations.now + 5 * second;
    expect(evaluations.next('empty').since).equal(since);
    expect(evaluations.next('missing').since).equal(since);
    expect(evaluations.next('warming-up', { after: 30 * second })).include({ since, status: 'absent' });
  });

  it('hold: a quiet time leaves nothing to hold', () => {
    const evaluations = new Evaluations({ noData: hold });
    evaluations.next(0.4);
    evaluations.next('too-little-traffic');
    expect(evaluations.next('empty')).include({ status: 'absent', penalty: null });
  });

  it('hold: by out of rotation comes first, and has no end', () => {
    const evaluations = new Evaluations({ noData: hold, source: { kind: 'ratio', bad: 'x', total: 'y' } });
    evaluations.next(0.7);
    for (let i = 0; i < 20; i += 1)
      expect(evaluations.next('empty', { out: true })).include({ status: 'held', absence: null, penalty: 0.7 });
  });

  it('hold: a gauge that needs no traffic is judged on while out', () => {
    const evaluations = new Evaluations({ noData: hold });
    evaluations.next(0.7);
    expect(evaluations.next(0.1, { out: true })).include({ status: 'judged', penalty: 0.1 });
  });

  it('hold and worst: an expression reads what stands for another metric', () => {
    const bent = (text: string, noData: NoData) =>
      new Evaluations(
        { curve: { kind: 'expression', text } },
        gaugeNamed('b', { noData }),
        gaugeNamed('rest', { weight: 9 }),
      );
    const held = bent('b.p^2', hold);
    held.all({ a: 0, b: 0.5 });
    expect(held.all({ a: 0, b: 'empty' }).judgements[0]?.penalty).equal(0.25);
    const lost = bent('b.p', worst);
    expect(lost.all({ a: 0, b: 'empty' }).judgements[0]?.penalty).equal(1);
    expect(bent('b.cur', worst).all({ a: 0, b: 'empty' }).judgements[0]).include({ absence: 'empty', penalty: null });
  });

  it('hold and worst: an expression that cannot be judged has a no_data of its own', () => {
    const of = (noData: NoData) =>
      new Evaluations({ noData, curve: { kind: 'expression', text: 'b.p^2' } }, gaugeNamed('b'));
    const held = of(hold);
    held.all({ a: 0, b: 0.5 });
    expect(held.all({ a: 0, b: 'empty' }).judgements[0]).include({ status: 'held', absence: 'empty', penalty: 0.25 });
    expect(of(worst).all({ a: 0, b: 'empty' }).judgements[0]).include({ absence: 'empty', penalty: 1 });
  });

  it('worst: loses its points, and its ceiling binds', () => {
    const evaluations = new Evaluations({ noData: worst, cap: 30 });
    evaluations.next(0);
    const { score, levels, judgements } = evaluations.all({ a: 'empty' });
    expect(score).equal(30);
    expect(levels[0]?.ceiling).deep.equal({ metric: 'a', at: 30, pointsLost: 60 });
    expect(judgements[0]?.pointsLost).equal(10);
  });

  it('worst: a page that cannot be read is no evidence: too little is covered for any score', () => {
    const evaluations = new Evaluations({ noData: worst, weight: 9 }, gaugeNamed('rest', { weight: 1 }));
    evaluations.next(0);
    expect(evaluations.all({ a: 'missing', rest: 'missing' })).include({ score: null, coverage: 0 });
    expect(evaluations.all({ a: 'empty', rest: 'empty' })).include({ score: 0, coverage: 0.9 });
  });

  it('skip: no reason but little traffic ever costs points or covers anything', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...absenceSchema.options), { minLength: 1, maxLength: 20 }), (reasons) => {
        const evaluations = new Evaluations({});
        evaluations.next(1);
        for (const reason of reasons) {
          const { score, judgements } = evaluations.all({ a: reason });
          expect(score).equal(100);
          expect(judgements[0]?.penalty).equal(reason === 'too-little-traffic' ? 0 : null);
        }
      }),
    );
  });

  it('any: a penalty is never better than skip would have it, and never made of nothing', () => {
    const value = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...absenceSchema.options));
    fc.assert(
      fc.property(fc.constantFrom(hold, worst), fc.array(value, { maxLength: 20 }), (noData, values) => {
        const [asked, plain] = [new Evaluations({ noData }), new Evaluations({})];
        let wasJudged = false;
        for (const a of values) {
          const [judgement, skipped] = [asked.next(a), plain.next(a)];
          wasJudged ||= typeof a === 'number';
          expect(judgement.penalty ?? -1).at.least(skipped.penalty ?? -1);
          // Skip remembers nothing: of a metric that has been there before it believes that it never was, and counts it no more.
          if (a !== 'never-exposed' || !wasJudged) expect(judgement.coverage).at.least(skipped.coverage - 1e-9);
          if (judgement.status === 'held') expect(wasJudged).equal(true);
          expect(judgement.since === null).equal(judgement.status === 'judged');
        }
      }),
    );
  });
});

describe('since when there is no value', () => {
  it('is when the gap began, whatever its reasons, and ends with the first value', () => {
    const evaluations = new Evaluations({});
    expect(evaluations.next(0.4).since).equal(null);
    const began = evaluations.now + 5 * second;
    for (const reason of ['empty', 'not-a-number', 'empty'] as const)
      expect(evaluations.next(reason).since).equal(began);
    expect(evaluations.next(0.4).since).equal(null);
    expect(evaluations.next('empty').since).equal(evaluations.now);
  });

  it('is for a page that fails when it was last read well', () => {
    const policy = { ...base, metrics: [gaugeNamed('a')] };
    const reading = { kind: 'absent', absence: 'missing', since: 40 * second } as const;
    const observation = { ...observed(policy, 50 * second), readings: new Map([[policy.metrics[0]?.name, reading]]) };
    const up = nextUp(null, answered(0), 3, 0);
    const readings = new Map(policy.metrics.map(({ name }) => [name, reading]));
    const inputs = { observation: { ...observation, readings }, up, out: false, policy, now: 50 * second };
    expect(judge([], inputs).judgements[0]?.since).equal(40 * second);
  });

  it('is shown of what is held while out of rotation too', () => {
    const evaluations = new Evaluations({ source: { kind: 'ratio', bad: 'x', total: 'y' } });
    evaluations.next(0.7);
    const began = evaluations.now + 5 * second;
    expect(evaluations.next(0, { out: true }).since).equal(began);
    expect(evaluations.next(0, { out: true }).since).equal(began);
  });
});

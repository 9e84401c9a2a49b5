import { expect } from 'chai';
import fc from 'fast-check';
import type { Action, Step, Worked } from '../../../scheduler/client/index.js';
import { type Climb, nextRung } from '../../../scheduler/heal/ladder.js';
import { isClearlyWorse, learn, recordText } from '../../../scheduler/heal/worked.js';
import { actingPolicy, anAction, aWorld, type InstanceStory, theService } from '../../support/world.js';

const minute = 60_000;
const now = 100 * minute;
const ladder = 'heal: {mode: act, ladder: [{do: gentle, post: /refresh}, {do: restart}, {do: replace}]}\n';

const climb = (history: readonly Action[] = [], change: Partial<Climb> = {}, story: InstanceStory = {}): Climb => {
  const service = theService(
    aWorld(now)
      .service('orders', actingPolicy('orders', ladder))
      .instance('orders-1', { zone: 'red', ...story })
      .build(),
  );
  const [score] = service.scores.instances.values();
  if (!score) throw new Error('a score');
  return {
    ...{ now, policy: service.policy, score, signature: 'error_ratio', fact: null, episode: now - 10 * minute },
    ...{ history, worked: [], ...change },
  };
};

const did = (step: Step, outcome: Action['outcome'], agoMin = 5): Action =>
  anAction({
    ...{ id: `${step} ${agoMin} ${String(outcome)}`, step, outcome, phase: 'closed', signature: 'error_ratio' },
    ...{ intentAt: now - agoMin * minute, phaseAt: now - (agoMin - 1) * minute },
  });
const inVain = (step: Step, agoMin?: number): Action => did(step, 'not-verified', agoMin);

const record = (step: Step, tried: number, verified: number): Worked => ({
  ...{ signature: 'error_ratio', step, tried, verified, falsePositives: 0, at: 0 },
});

describe('the next step of the ladder', () => {
  const exec = 'runtime: {exec: {restart: [/bin/a], pid_file: /run/x}}\nheal: {mode: act, ladder: [{do: restart}]}\n';
  const cases: [string, Climb, Step | 'none'][] = [
    ['the mildest first', climb(), 'gentle'],
    ['gentle once', climb([inVain('gentle')]), 'restart'],
    ['restart', climb([inVain('gentle'), inVain('restart')]), 'restart'],
    ['restart twice', climb([inVain('gentle'), inVain('restart', 7), inVain('restart')]), 'replace'],
    ['all in vain', climb([inVain('gentle'), inVain('restart', 7), inVain('restart'), inVain('replace')]), 'none'],
    ['what was given up is no try', climb([did('gentle', 'overtaken')]), 'gentle'],
    ['no data is a try', climb([did('gentle', 'inconclusive')]), 'restart'],
    ['gentle of another episode is none of this', climb([inVain('gentle', 30)]), 'gentle'],
    ['but what failed when this one began is', climb([did('gentle', 'not-verified', 21)], { episode: now - 20 * minute }), 'restart'], // prettier-ignore
    ['restarts of another episode count for half an hour', climb([inVain('gentle'), did('restart', 'verified', 25), did('restart', 'verified', 12)]), 'replace'], // prettier-ignore
    ['and then no more', climb([inVain('gentle'), did('restart', 'verified', 31), did('restart', 'verified', 12)]), 'restart'], // prettier-ignore
    ['in a long episode restarts count from its start', climb([inVain('gentle', 60), inVain('restart', 55), inVain('restart', 45)], { episode: now - 70 * minute }), 'replace'], // prettier-ignore
    ['a dead process is not asked', climb([], {}, { up: 'down' }), 'restart'],
    ['nor one of which nobody knows', climb([], {}, { up: 'unknown' }), 'restart'],
    ['a step that failed once is tried again', climb([inVain('gentle'), did('restart', 'step-failed')]), 'restart'],
    ['one that failed twice is left for the next', climb([inVain('gentle'), did('restart', 'step-failed', 7), did('restart', 'step-failed')]), 'replace'], // prettier-ignore
    ['where all fail, the mildest is tried again', climb([inVain('gentle'), ...(['restart', 'replace'] as const).flatMap((step) => [did(step, 'step-failed', 7), did(step, 'step-failed')])]), 'restart'], // prettier-ignore
    ['a bad record: after the others', climb([], { worked: [record('gentle', 5, 1), record('restart', 5, 2)] }), 'restart'], // prettier-ignore
    ['but not from four tries', climb([], { worked: [record('gentle', 4, 0)] }), 'gentle'],
    ['nor of another kind of fault', climb([], { worked: [{ ...record('gentle', 9, 0), signature: 'down' }] }), 'gentle'], // prettier-ignore
    ['and it is tried all the same, in the end', climb([inVain('restart', 7), inVain('restart'), inVain('replace')], { worked: [record('gentle', 9, 0)] }), 'gentle'], // prettier-ignore
    ['what the runtime cannot do to it is passed over', climb([inVain('gentle'), inVain('restart', 7), inVain('restart')], { fact: { kind: 'one', identity: anAction().identity, running: true, at: now, unable: { replace: '--rm' } } }), 'none'], // prettier-ignore
    ['only what is on it', climb([inVain('restart', 7), inVain('restart')], { policy: actingPolicy('orders', exec) }), 'none'], // prettier-ignore
  ];
  for (const [name, given, expected] of cases)
    it(name, () => {
      const { step, spent } = nextRung(given);
      expect(spent === null ? step : 'none', spent ?? '').to.equal(expected);
    });

  it('whatever was done: never more than once gently, twice anew, once replaced within an episode of half an hour', () => {
    const outcome = fc.constantFrom('verified', 'not-verified', 'inconclusive', 'overtaken', 'step-failed', 'nothing');
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 12 }), (outcomes) => {
        let history: readonly Action[] = [];
        for (const [nth, each] of outcomes.entries()) {
          const { step, spent } = nextRung(climb(history, { episode: now - 25 * minute }));
          if (spent !== null || each === 'nothing') break;
          history = [...history, did(step, each, 24 - nth)];
        }
        const done = history.filter((one) => one.outcome !== 'overtaken' && one.outcome !== 'step-failed');
        const count = (step: Step): number => done.filter((one) => one.step === step).length;
        expect(count('gentle')).to.be.at.most(1);
        expect(count('restart')).to.be.at.most(2);
        expect(count('replace')).to.be.at.most(1);
      }),
    );
  });
});

describe('memory of what worked', () => {
  it('counts each closed action once, however often and by whomever it is looked at', () => {
    const closed = [did('restart', 'verified', 9), did('restart', 'not-verified', 5), did('gentle', 'step-failed')];
    const once = learn([], closed);
    expect(once.map(({ step, tried, verified }) => `${step} ${verified}/${tried}`).sort()).to.deep.equal(['gentle 0/1', 'restart 1/2']); // prettier-ignore
    expect(learn(once, closed)).to.equal(once);
    const after = learn(JSON.parse(JSON.stringify(once)) as Worked[], [...closed, did('restart', 'verified', 2)]);
    expect(after.find(({ step }) => step === 'restart')).to.deep.include({ tried: 3, verified: 2 });
  });

  it('no data is no result; green before the step is a false positive, and no try', () => {
    const early = { ...did('restart', 'overtaken'), falsePositive: true };
    const [only, ...others] = learn([], [early, did('restart', 'inconclusive'), did('restart', 'overtaken', 4)]);
    expect([only, others]).to.deep.equal([{ ...record('restart', 0, 0), falsePositives: 1, at: early.phaseAt }, []]);
    expect(recordText(only ?? null, 'restart', 'error_ratio')).to.equal(
      'restart verified 0 of 0 times on error_ratio; 1 times it was green before the step',
    );
    expect(recordText(null, 'restart', 'down')).to.equal('restart was never tried on down');
  });

  it('is clearly bad under 30 % of at least 5', () => {
    const bad = (tried: number, verified: number) => isClearlyWorse(record('restart', tried, verified));
    expect([bad(4, 0), bad(5, 1), bad(5, 2), bad(10, 3), bad(10, 2)]).to.deep.equal([false, true, false, false, true]);
  });

  it('stays small, and keeps what is newest', () => {
    const many = Array.from({ length: 130 }, (_, nth) => ({ ...did('restart', 'verified'), signature: `s${nth}`, phaseAt: nth })); // prettier-ignore
    const worked = learn([], many);
    expect([worked.length, worked[0]?.signature, worked.at(-1)?.signature]).to.deep.equal([100, 's129', 's30']);
  });
});

import { expect } from 'chai';
import { judge, type Told } from '../../../scripts/demo/story/endings.js';
import { faultNames } from '../../../scripts/demo/faults.js';
import { newTimeline, type Seconds } from '../../../scripts/demo/story/timeline.js';

const nothing: Seconds = newTimeline(100, 'old').seconds;
const healed: Seconds = {
  ...{ weightLowered: 3, red: 4, out: 5, probation: null },
  ...{ killed: 12, replaced: 13, green: 36, fullWeight: 75 },
};
const verified = [{ instance: 'orders-2', outcome: 'verified' }];
const told = (change: Partial<Told>): Told => ({
  ...{ at: 80, seconds: nothing, liftedAt: null, actions: [], allWell: true, gatewayErrors: 0 },
  ...change,
});
const state = (fault: (typeof faultNames)[number] | 'shared', change: Partial<Told>): string => {
  const judgement = judge(fault, 'orders-2', told(change));
  return judgement.state === 'over' ? (judgement.ok ? 'well' : judgement.why) : judgement.state;
};

describe('how a story ends', () => {
  for (const fault of faultNames.filter((name) => name !== 'cpu'))
    it(`${fault}: well when it was taken out, restarted once, verified, and has full weight`, () => {
      expect(state(fault, { seconds: healed, actions: verified })).to.equal('well');
      for (const stage of ['out', 'killed', 'replaced', 'green', 'fullWeight'] as const)
        expect(state(fault, { seconds: { ...healed, [stage]: null }, actions: verified }), stage).not.to.equal('well');
      expect(state(fault, { seconds: healed, actions: [{ instance: 'orders-2', outcome: null }] })).to.equal('goes-on');
      expect(
        state(fault, { seconds: healed, actions: [{ instance: 'orders-2', outcome: 'not-verified' }] }),
      ).to.include('not-verified');
      expect(state(fault, { seconds: healed })).to.include('without any action');
    });

  it('errors: not well when it was killed in rotation, twice, or somebody else was', () => {
    expect(state('errors', { seconds: { ...healed, killed: 4 }, actions: verified })).to.include('in rotation');
    expect(state('errors', { seconds: healed, actions: [...verified, ...verified] })).to.include('2 times');
    expect(state('errors', { actions: [{ instance: 'orders-1', outcome: null }] })).to.include('orders-1');
  });

  it('crash: the process is gone before anybody takes it out', () => {
    expect(state('crash', { seconds: { ...healed, killed: 0 }, actions: verified })).to.equal('well');
  });

  it('cpu: weight lowered and left alone for a while, then full again', () => {
    const lowered = { ...nothing, weightLowered: 6 };
    expect(state('cpu', { at: 5 })).to.equal('goes-on');
    expect(state('cpu', { at: 10, seconds: lowered })).to.equal('goes-on');
    expect(state('cpu', { at: 25, seconds: lowered })).to.equal('lift');
    expect(state('cpu', { at: 30, seconds: lowered, liftedAt: 25 })).to.equal('goes-on');
    expect(state('cpu', { seconds: { ...lowered, fullWeight: 60 }, liftedAt: 25 })).to.equal('well');
    expect(state('cpu', { at: 10, seconds: { ...lowered, killed: 9 } })).to.include('killed');
    expect(state('cpu', { at: 10, actions: verified })).to.include('healed');
  });

  it('shared: noticed, nothing restarted, no error of NGINX, then all well again', () => {
    const red = { ...nothing, red: 4 };
    expect(state('shared', { at: 10, seconds: red })).to.equal('goes-on');
    expect(state('shared', { at: 25, seconds: red })).to.equal('lift');
    expect(state('shared', { seconds: red, liftedAt: 25, allWell: false })).to.equal('goes-on');
    expect(state('shared', { seconds: red, liftedAt: 25 })).to.equal('well');
    expect(state('shared', { liftedAt: 25 })).to.include('noticed');
    expect(state('shared', { at: 10, seconds: red, gatewayErrors: 2 })).to.include('2 errors');
    expect(state('shared', { at: 10, seconds: red, actions: verified })).to.include('share');
  });
});

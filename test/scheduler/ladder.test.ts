/** The ladder, told on a fleet. */
import { expect } from 'chai';
import { FleetTimeline } from '../support/fleet-timeline.js';
import { watch } from '../support/safety.js';
import { actingPolicy } from '../support/world.js';

const second = 1_000;
const minute = 60 * second;

const full = `heal:
  mode: act
  ladder: [{do: gentle, post: /refresh, verify: 1m}, {do: restart, verify: 1m}, {do: replace, verify: 1m}]
guardrails: {max_actions: 20/h, max_actions_per_node: 20/h}
`;

let breaches: string[][] = [];
const aFleet = (more = full, count = 4): FleetTimeline => {
  const timeline = new FleetTimeline(actingPolicy('orders', more), count);
  breaches.push(watch(timeline));
  return timeline.run(5 * second);
};

describe('the ladder of healing', function () {
  this.timeout(60_000);

  beforeEach(() => {
    breaches = [];
  });
  afterEach(() => {
    expect(breaches.flat(), 'safety rules').to.deep.equal([]);
  });

  it('gentle first, and no further where it helps: the same process, proven by a probation', () => {
    const t = aFleet();
    const ill = t.get('orders-2');
    ill.fault = 'errors';
    ill.meek = true;
    const { pid } = ill;
    t.until('asked', () => t.steps.length === 1, 5 * minute);
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, minute);
    t.until('full', () => t.weight('orders-2') === 100, 2 * minute);
    expect(t.run(20 * minute).steps).to.deep.equal(['gentle']);
    expect(ill.pid).to.equal(pid);
    expect(t.record()?.worked).to.have.length(1);
    expect(t.record()?.worked[0]).to.deep.include({ step: 'gentle', signature: 'error_ratio', tried: 1, verified: 1 });
  });

  it('gentle, restart twice, replace, then left alone and told once', () => {
    const t = aFleet();
    const ill = t.get('orders-2');
    ill.fault = 'errors';
    ill.stubborn = true;
    t.until('quarantined', () => t.lifecycle('orders-2') === 'quarantined', 30 * minute);
    expect(t.steps).to.deep.equal(['gentle', 'restart', 'restart', 'replace']);
    t.run(40 * minute);
    expect(t.steps).to.have.length(4);
    expect(t.told('LADDER_SPENT', 'orders-2')).to.equal(1);
    expect(t.events.find(({ code }) => code === 'LADDER_SPENT')?.text).to.match(
      /^left alone from now on, until it is green or a person acts: gentle tried 1 of 1 times; restart tried 2 of 2 times within .*; replace tried 1 of 1 times$/,
    );
    expect(
      t
        .record()
        ?.worked.map(({ step, tried, verified }) => [step, tried, verified])
        .sort(),
    ).to.deep.equal([
      ['gentle', 1, 0],
      ['replace', 1, 0],
      ['restart', 2, 0],
    ]);
  });

  it('a quarantine survives a change of leader, and ends when it is green again', () => {
    const t = aFleet();
    const ill = t.get('orders-2');
    ill.fault = 'errors';
    ill.stubborn = true;
    t.until('quarantined', () => t.lifecycle('orders-2') === 'quarantined', 30 * minute);
    t.newLeader();
    t.run(20 * minute);
    expect([t.steps.length, t.told('LADDER_SPENT')]).to.deep.equal([4, 1]);
    ill.fault = 'none';
    t.until('whole', () => t.record()?.instances['orders-2']?.episode === null, 15 * minute);
    expect(t.record()?.instances['orders-2']).to.deep.include({ quarantine: null, weight: 100 });
    ill.fault = 'errors';
    ill.meek = true;
    t.until('climbs anew', () => t.steps.at(-1) === 'gentle', 30 * minute);
  });

  it('a replacement that is well ends the climb', () => {
    const t = aFleet();
    const ill = t.get('orders-2');
    ill.fault = 'errors';
    ill.stubborn = true;
    ill.replaceable = true;
    t.until('replaced', () => t.steps.includes('replace'), 30 * minute);
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, minute);
    t.run(30 * minute);
    expect([t.steps.length, t.told('LADDER_SPENT')]).to.deep.equal([4, 0]);
  });

  it('asks no dead process gently, and replaces nothing that cannot be replaced', () => {
    const t = aFleet();
    t.noReplace = 'it runs with --rm';
    const ill = t.get('orders-3');
    ill.alive = false;
    t.until('restarted', () => t.steps.length === 1, minute);
    expect(t.steps).to.deep.equal(['restart']);
    ill.fault = 'errors';
    ill.stubborn = true;
    t.until('left alone', () => t.told('LADDER_SPENT') === 1, 60 * minute);
    expect(t.steps.filter((step) => step !== 'gentle')).to.deep.equal(['restart', 'restart']);
    expect(t.events.find(({ code }) => code === 'LADDER_SPENT')?.text).to.contain(
      'replace would not help: it runs with --rm',
    );
  });

  it('a third restart within half an hour is none, though each was verified', () => {
    const t = aFleet('guardrails: {max_actions: 20/h, max_actions_per_node: 20/h, cooldown: 1m}\n');
    const ill = t.get('orders-1');
    for (let nth = 1; nth <= 2; nth++) {
      ill.alive = false;
      t.until('verified', () => t.told('VERIFIED') === nth, 5 * minute);
      t.until('whole', () => t.record()?.instances['orders-1']?.episode === null, 5 * minute);
    }
    ill.alive = false;
    t.until('left alone', () => t.told('LADDER_SPENT') === 1, 5 * minute);
    expect(t.run(10 * minute).steps).to.deep.equal(['restart', 'restart']);
  });

  it('what the runtime cannot do is no try: the next step follows, and it is done once it can be', () => {
    const t = aFleet(
      'heal: {mode: act, ladder: [{do: restart, verify: 1m}]}\nguardrails: {max_actions: 9/h, max_actions_per_node: 9/h}\n',
    );
    t.get('orders-1').alive = false;
    t.runtimeWorks = false;
    t.until('failed', () => t.told('STEP_FAILED') === 3, 10 * minute);
    expect(t.told('LADDER_SPENT')).to.equal(0);
    t.runtimeWorks = true;
    t.until('verified', () => t.told('VERIFIED') === 1, 10 * minute);
  });

  it('a step that seldom worked on such a fault comes after the others', () => {
    const t = aFleet();
    const ill = t.get('orders-2');
    for (let nth = 1; nth <= 5; nth++) {
      ill.fault = 'errors';
      t.until('restarted', () => t.steps.filter((step) => step === 'restart').length === nth, 60 * minute);
      t.until('whole', () => t.record()?.instances['orders-2']?.episode === null, 20 * minute);
      t.run(35 * minute);
    }
    expect(t.steps).to.deep.equal(Array.from({ length: 5 }, () => ['gentle', 'restart']).flat());
    ill.fault = 'errors';
    t.until('the sixth time', () => t.steps.length === 11, 60 * minute);
    expect(t.steps.at(-1)).to.equal('restart');
    const begun = t.events.filter(({ code }) => code === 'INTENT').at(-1);
    expect(begun?.text).to.contain('step 2 of 3; restart verified 5 of 5 times on error_ratio');
  });

  it('where healing is only observed nothing is spent, and nobody is called', () => {
    const t = aFleet(full.replace('mode: act', 'mode: observe'));
    const ill = t.get('orders-2');
    ill.fault = 'errors';
    ill.stubborn = true;
    t.run(20 * minute);
    expect([t.steps, t.told('LADDER_SPENT')]).to.deep.equal([[], 0]);
    expect(t.last?.plan.services[0]?.proposals[0]).to.deep.include({
      step: 'gentle',
      chosen: 'step 1 of 3; gentle was never tried on error_ratio',
    });
  });
});

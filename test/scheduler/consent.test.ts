import { expect } from 'chai';
import type { Approval, Mode, ServiceRecord } from '../../scheduler/client/index.js';
import { approvalMs, fallenMs, levelOf, vetoMs } from '../../scheduler/consent.js';
import { promotion } from '../../scheduler/heal/fall.js';
import { FleetTimeline } from '../support/fleet-timeline.js';
import { watch } from '../support/safety.js';
import { actingPolicy } from '../support/world.js';

const second = 1_000;
const minute = 60 * second;

describe('the level of healing', () => {
  const mode = (over: Partial<Mode> = {}): Mode => ({
    ...{ kind: 'mode', scope: 'service/orders', heal: 'observe', author: 'ana', reason: 'x', since: 500, until: null },
    ...over,
  });
  const at = 1_000_000;
  const level = (
    file: string,
    modes: readonly Mode[],
    fallenAt: number | null = null,
    instance: string | null = null,
  ) =>
    levelOf({
      policy: actingPolicy('orders', `heal: {mode: ${file}}\n`),
      record: { fallen: fallenAt === null ? null : { since: fallenAt, instance: 'orders-1', why: 'no cure' } },
      controls: { modes },
      instance,
      now: at,
    }).mode;

  it('is what the file says, unless people or a fall lower it', () => {
    expect(level('act', [])).to.equal('act');
    expect(level('act', [mode({ heal: 'suggest' })])).to.equal('suggest');
    expect(level('act', [mode({ heal: 'suggest' }), mode({ scope: 'all', heal: 'observe' })])).to.equal('observe');
    expect(level('act', [mode({ scope: 'service/users' })])).to.equal('act');
    expect(level('act', [mode({ until: at })])).to.equal('act');
    expect(level('act', [], at - 1)).to.equal('suggest');
  });

  it('never rises above the file', () => {
    expect(level('observe', [mode({ heal: 'act' })])).to.equal('observe');
    expect(level('suggest', [mode({ heal: 'act' })], at - 1)).to.equal('suggest');
    expect(level('observe', [], at - 1)).to.equal('observe');
  });

  it('rises again after an hour, when a person says act after the fall, and for the instance that fell itself', () => {
    expect(level('act', [], at - fallenMs)).to.equal('act');
    expect(level('act', [mode({ heal: 'act', since: at - 1 })], at - 2)).to.equal('act');
    expect(level('act', [mode({ heal: 'act', since: at - 3 })], at - 2)).to.equal('suggest');
    expect(level('act', [], at - 2, 'orders-1')).to.equal('act');
    expect(level('act', [], at - 2, 'orders-2')).to.equal('suggest');
  });
});

describe('a step that a person decides', () => {
  let breaches: string[];

  const aFleet = (count = 3, more = 'heal: {mode: suggest}\n'): FleetTimeline => {
    const timeline = new FleetTimeline(actingPolicy('orders', more), count);
    breaches = watch(timeline);
    return timeline.run(5 * second);
  };
  afterEach(() => {
    expect(breaches, 'safety rules').to.deep.equal([]);
  });

  const proposalOf = (t: FleetTimeline) =>
    t.last?.plan.services[0]?.proposals.find(({ instance }) => instance === 'orders-2');
  const say = (t: FleetTimeline, says: Approval['says'], over: Partial<Approval> = {}): void => {
    const proposal = proposalOf(t);
    const word: Approval = {
      ...{ kind: 'approval', proposal: proposal?.id ?? '', service: 'orders', instance: proposal?.instance ?? '' },
      ...{
        step: 'restart',
        says,
        author: 'ana',
        reason: 'known leak',
        at: t.now,
        until: t.now + (says === 'veto' ? vetoMs : approvalMs),
      },
      snapshot: { because: '', zone: 'red', score: 20, verdicts: [] },
      ...over,
    };
    t.said = { ...t.said, approvals: [word] };
  };
  /** `orders-2` dies, and everything but a person's word is there. */
  const waiting = (t: FleetTimeline): FleetTimeline => {
    t.get('orders-2').alive = false;
    t.until('waits', () => proposalOf(t)?.waits === true, minute);
    return t;
  };

  it('waits, for ever and told once, as long as nobody says anything', () => {
    const t = waiting(aFleet());
    t.run(6 * minute);
    expect(t.restarts).to.deep.equal([]);
    expect(t.told('APPROVAL', 'orders-2')).to.equal(1);
    expect(proposalOf(t)?.id).to.match(/^orders\/orders-2\/\d+\/restart$/);
  });

  it('is taken once it is approved, with the name in the ledger, and only once', () => {
    const t = waiting(aFleet());
    say(t, 'approve');
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, 2 * minute);
    expect(t.ledger.closed[0]?.approval).to.deep.include({ author: 'ana', reason: 'known leak' });
    t.get('orders-2').alive = false;
    t.run(6 * minute);
    expect(t.restarts).to.have.length(1);
  });

  it('runs all guardrails again: what is approved and unsafe waits, then expires, which is no denial', () => {
    const t = waiting(aFleet());
    t.get('orders-1').alive = false;
    t.run(second);
    say(t, 'approve');
    t.run(approvalMs + minute);
    expect(t.restarts).to.deep.equal([]);
    expect(t.told('EXPIRED', 'orders-2')).to.equal(1);
    expect(t.events.find(({ code }) => code === 'EXPIRED')?.text).to.match(
      /^the approval of ana ran out, held back by .*MIN_AVAILABLE/,
    );
    t.get('orders-1').restart(t.now);
    t.run(4 * minute);
    expect(t.restarts).to.deep.equal([]);
  });

  it('is not taken in another episode than the one that was approved', () => {
    const t = waiting(aFleet());
    const proposal = (proposalOf(t)?.id ?? '').replace(/\/\d+\//, '/1/');
    say(t, 'approve', { proposal });
    t.run(5 * minute);
    expect(t.restarts).to.deep.equal([]);
  });

  it('is not waited for any more once somebody said no', () => {
    const t = waiting(aFleet());
    say(t, 'veto');
    t.run(second);
    expect(proposalOf(t)).to.deep.include({ waits: false, allowed: false });
  });

  it('a veto leaves the episode alone in act too, and stops a step that is not taken yet', () => {
    const t = aFleet(3, 'heal: {mode: act}\ndrain: {deadline: 30s}\n');
    t.get('orders-2').fault = 'errors';
    t.until('draining', () => t.told('DRAINING') === 1, 5 * minute);
    say(t, 'veto', {
      instance: 'orders-2',
      proposal: `orders/orders-2/${t.record()?.instances['orders-2']?.episode ?? 0}/restart`,
    });
    t.until('given up', () => t.told('OVERTAKEN') === 1, minute);
    t.run(6 * minute);
    expect(t.restarts).to.deep.equal([]);
    t.get('orders-2').fault = 'none';
    t.until('healthy', () => t.state() === 'healthy', 10 * minute);
  });

  it('a veto holds while the trouble comes back in the slow start, and ends with it', () => {
    const t = aFleet(3, 'heal: {mode: act}\n');
    const two = t.get('orders-2');
    const memory = () => t.record()?.instances['orders-2'];
    two.fault = 'errors';
    t.until('out', () => memory()?.outSince !== null, 5 * minute);
    const begun = memory()?.episode ?? 0;
    say(t, 'veto', { instance: 'orders-2', proposal: `orders/orders-2/${begun}/restart` });
    two.fault = 'none';
    t.until('in its slow start', () => memory()?.rampFrom !== null, 5 * minute);
    expect(memory()?.episode).to.equal(begun);
    two.fault = 'errors';
    t.run(6 * minute);
    expect(memory()?.episode).to.equal(begun);
    expect(t.restarts).to.deep.equal([]);
    two.fault = 'none';
    t.until('whole', () => memory()?.episode === null, 30 * minute);
    expect(memory()?.rampFrom).to.equal(null);
    two.fault = 'errors';
    t.until('healed', () => t.restarts.length === 1, 10 * minute);
  });

  it('overrules a spent budget', () => {
    const t = aFleet(4, 'heal: {mode: act}\nguardrails: {max_actions: 1/h, cooldown: 1m}\n');
    t.get('orders-1').alive = false;
    t.until('verified', () => t.told('VERIFIED', 'orders-1') === 1, 2 * minute);
    t.run(2 * minute);
    waiting(t);
    expect(t.told('MAX_ACTIONS', 'orders-2')).to.equal(1);
    say(t, 'approve');
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, 2 * minute);
  });
});

describe('a step that is no cure', () => {
  it('makes the level fall, so that the others wait for a person, until one is verified', () => {
    const t = new FleetTimeline(
      actingPolicy(
        'orders',
        'heal: {mode: act, ladder: [{do: restart, verify: 1m}]}\nguardrails: {max_actions: 9/h}\n',
      ),
      6,
    );
    const breaches = watch(t);
    t.run(5 * second);
    t.get('orders-1').fault = 'errors';
    t.get('orders-1').stubborn = true;
    t.until('not verified', () => t.told('NOT_VERIFIED', 'orders-1') === 1, 10 * minute);
    expect(t.told('FALLEN')).to.equal(1);
    t.get('orders-2').alive = false;
    t.run(20 * second);
    expect(t.restarts.filter(({ id }) => id === 'orders-2')).to.deep.equal([]);
    expect(t.told('APPROVAL', 'orders-2')).to.equal(1);
    expect(t.last?.plan.services[0]?.mode.heal).to.equal('suggest');
    t.get('orders-1').stubborn = false;
    t.until('lifted', () => t.told('LIFTED') === 1, 20 * minute);
    t.until('healed', () => t.restarts.some(({ id }) => id === 'orders-2'), 20 * minute);
    expect(breaches, 'safety rules').to.deep.equal([]);
  });

  it('lets the level rise again once the instance is well all the same', () => {
    const t = new FleetTimeline(actingPolicy('orders', 'heal: {mode: act, ladder: [{do: restart, verify: 1m}]}\n'), 6);
    t.run(5 * second);
    t.get('orders-1').fault = 'errors';
    t.get('orders-1').stubborn = true;
    t.until('not verified', () => t.told('NOT_VERIFIED', 'orders-1') === 1, 10 * minute);
    t.get('orders-1').fault = 'none';
    t.until('lifted', () => t.told('LIFTED') === 1, 5 * minute);
    expect(t.events.find(({ code }) => code === 'LIFTED')?.text).to.contain('orders-1 is well again');
    expect(t.restarts).to.have.length(1);
  });
});

describe('a service that has proven itself', () => {
  const worked = (verified: number) => [
    { signature: 'down', step: 'restart' as const, tried: verified, verified, falsePositives: 0, at: 0 },
  ];
  const record: ServiceRecord = {
    ...{ token: 7, at: 0, state: 'healthy', stateSince: 0, seenCounts: [], stormAt: null, redAt: null, fallen: null },
    ...{ worked: worked(19), instances: {}, rotation: {} },
  };
  const proposed = (mode: string, from: number, to: number) =>
    promotion(
      actingPolicy('orders', `heal: {mode: ${mode}}\n`),
      { ...record, worked: worked(from) },
      { ...record, worked: worked(to) },
    );

  it('is proposed one level up at its twentieth verified step, once', () => {
    expect(proposed('suggest', 19, 20).map(({ code, text }) => `${code} ${text}`)).to.deep.equal([
      'PROMOTE 20 steps were verified in suggest (needs 20): heal.mode: act is proposed',
    ]);
    expect(proposed('suggest', 18, 19)).to.deep.equal([]);
    expect(proposed('suggest', 20, 21)).to.deep.equal([]);
    expect(proposed('act', 19, 20)).to.deep.equal([]);
  });
});

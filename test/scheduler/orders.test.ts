import { expect } from 'chai';
import { type Drain, noControls, type Order, reasonCodes, reasons } from '../../scheduler/client/index.js';
import { passes } from '../../scheduler/guard/ordered.js';
import { tallyOf } from '../../scheduler/heal/index.js';
import { FleetTimeline } from '../support/fleet-timeline.js';
import { actingPolicy, anAction, aWorld } from '../support/world.js';

const second = 1_000;
const minute = 60 * second;

const aFleet = (count = 4, more = ''): FleetTimeline =>
  new FleetTimeline(actingPolicy('orders', more), count).run(5 * second);

const anOrder = (t: FleetTimeline, more: Partial<Order> = {}): Order => ({
  ...{ kind: 'order', id: 'o1', service: 'orders', instance: 'orders-2', step: 'restart', author: 'ana' },
  ...{ reason: 'leaks', at: t.now, until: t.now + 10 * minute, forced: false, requests: [] },
  ...more,
});
const say = (t: FleetTimeline, ...orders: Order[]): FleetTimeline => {
  t.said = { ...noControls, orders };
  return t;
};
const codes = (t: FleetTimeline, kind: string): string[] =>
  t.events.filter((event) => event.kind === kind && event.instance === 'orders-2').map(({ code }) => code);

describe('steps that people order', () => {
  it('a restart of one that is well: taken out, drained, restarted, verified, back at full weight, once', () => {
    const t = aFleet();
    say(t, anOrder(t));
    t.until('out', () => t.weight('orders-2') === 0, 5 * second);
    expect(t.restarts).to.have.length(0);
    t.until('restarted', () => t.restarts.length === 1, minute);
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, 2 * minute);
    t.until('full', () => t.weight('orders-2') === 100, 2 * minute);
    expect(codes(t, 'heal')).to.deep.equal(['INTENT', 'DRAINING', 'STEP', 'VERIFYING', 'VERIFIED']);
    const [done] = t.ledger.closed;
    expect(done?.by).to.deep.equal({ kind: 'human', author: 'ana', reason: 'leaks', order: 'o1', forced: false });
    expect(done?.because).to.equal('ana ordered restart: leaks');
    expect(done?.falsePositive).to.equal(false);
    expect(t.run(15 * minute).restarts).to.have.length(1);
    expect(t.told('EXPIRED')).to.equal(0);
  });

  it('also where Ballast itself may only watch', () => {
    const t = aFleet(4, 'heal: {mode: observe}\n');
    say(t, anOrder(t)).until('restarted', () => t.restarts.length === 1, minute);
    expect(t.restarts[0]?.id).to.equal('orders-2');
  });

  it('each step of the ladder, also one that the file does not name', () => {
    const t = aFleet(4, 'heal: {mode: act, ladder: [{do: restart, verify: 2m}]}\n');
    say(t, anOrder(t, { step: 'replace' })).until('verified', () => t.told('VERIFIED', 'orders-2') === 1, 3 * minute);
    expect(t.steps).to.deep.equal(['replace']);
    const gentle = aFleet();
    say(gentle, anOrder(gentle, { step: 'gentle' })).run(2 * minute);
    expect(gentle.steps).to.deep.equal([]);
    expect(gentle.events.find(({ code }) => code === 'LADDER_SPENT')?.text).to.contain('names no gentle step');
    const fixed = aFleet();
    fixed.noReplace = 'its ports are fixed';
    say(fixed, anOrder(fixed, { step: 'replace' })).run(2 * minute);
    expect(fixed.steps).to.deep.equal([]);
  });

  it('a pause, a maintenance, a protected instance: refused unless forced, and told once with who ordered it', () => {
    for (const forced of [false, true]) {
      const t = aFleet(4, 'protected: [orders-2]\n');
      const common = { scope: 'service/orders', author: 'ben', reason: 'works on it', since: t.now, until: null };
      t.pauses = [{ kind: 'pause', ...common }];
      say(t, anOrder(t, { forced })).said = { ...t.said, maintenance: [{ kind: 'maintenance', ...common }] };
      t.run(3 * minute);
      expect(t.restarts).to.have.length(forced ? 1 : 0);
      expect(codes(t, 'refusal').sort()).to.deep.equal(forced ? [] : ['MAINTENANCE', 'PAUSED', 'PROTECTED']);
      if (forced) {
        const verdict = t.ledger.closed[0]?.verdicts.find(({ code }) => code === 'PAUSED');
        expect(verdict).to.deep.include({ allowed: true }).and.to.have.property('text').that.contains('forced by ana');
      }
    }
  });

  it('a cooldown holds an order, and not a forced one', () => {
    for (const forced of [false, true]) {
      const t = aFleet();
      say(t, anOrder(t)).until('verified', () => t.told('VERIFIED', 'orders-2') === 1, 3 * minute);
      say(t, anOrder(t, { id: 'o2', forced })).run(3 * minute);
      expect(t.restarts).to.have.length(forced ? 2 : 1);
    }
  });

  it('no force takes the only one, or the room that the others need', () => {
    const lone = aFleet(1);
    say(lone, anOrder(lone, { instance: 'orders-1', forced: true })).run(2 * minute);
    expect(lone.restarts).to.have.length(0);
    expect(lone.told('SINGLE', 'orders-1')).to.equal(1);
    const tight = aFleet(4, 'guardrails: {min_available: 4}\n');
    say(tight, anOrder(tight, { forced: true })).run(2 * minute);
    expect(tight.restarts).to.have.length(0);
    expect(tight.weight('orders-2')).to.equal(100);
    expect(tight.told('MIN_AVAILABLE', 'orders-2')).to.equal(1);
  });

  it('the only one is restarted in place where its file says so', () => {
    const t = aFleet(1, 'heal: {mode: act, single: restart}\n');
    say(t, anOrder(t, { instance: 'orders-1' })).until('restarted', () => t.restarts.length === 1, minute);
  });

  it('two at once wait for each other, and the minimum holds all the while', () => {
    const t = aFleet(4, 'guardrails: {min_available: 3, max_concurrent: 2}\n');
    let least = 4;
    t.onDecision = ({ decision }) => {
      const inside = decision.plan.services[0]?.servers.filter(({ weight }) => weight > 0).length ?? 0;
      least = Math.min(least, inside);
    };
    say(t, anOrder(t), anOrder(t, { id: 'o2', instance: 'orders-3' }));
    t.until('both', () => t.told('VERIFIED') === 2, 6 * minute);
    expect(least).to.equal(3);
  });

  it('one that is not begun in time expires, told once with what held it, and is not done later', () => {
    const t = aFleet(4, 'protected: [orders-2]\n');
    say(t, anOrder(t, { until: t.now + minute })).run(3 * minute);
    expect(t.restarts).to.have.length(0);
    expect(t.events.filter(({ code }) => code === 'EXPIRED').map(({ kind, text }) => ({ kind, text }))).to.deep.equal([
      {
        kind: 'human',
        text: 'ana ordered restart: leaks; not begun in time, held back by PROTECTED: it is not done any more',
      },
    ]);
    expect(t.weight('orders-2')).to.equal(100);
  });

  for (const phase of ['draining', 'stepping', 'verifying'] as const)
    it(`a leader that is lost in phase ${phase} leaves an order that the next one ends; one restart in all`, () => {
      const t = aFleet();
      say(t, anOrder(t)).until(phase, () => t.ledger.open[0]?.phase === phase, minute);
      t.newLeader();
      t.until('closed', () => t.ledger.closed.length === 1, 5 * minute);
      t.run(12 * minute);
      expect(t.restarts).to.have.length(1);
      expect(t.ledger.closed[0]?.outcome).to.equal('verified');
    });

  it('a drained instance that falls ill is left to the person who drained it, and may be restarted by order', () => {
    const t = aFleet();
    const drain: Drain = {
      ...{ kind: 'drain', service: 'orders', instance: 'orders-2', author: 'ana', reason: 'heap dump' },
      ...{ since: t.now, until: null, restored: null, requests: [] },
    };
    t.said = { ...noControls, drains: [drain] };
    t.run(5 * second);
    t.get('orders-2').alive = false;
    t.run(5 * minute);
    expect(t.restarts).to.have.length(0);
    expect(t.events.find(({ code }) => code === 'PAUSED')?.text).to.contain('ana drained it: heap dump');
    t.said = { ...noControls, drains: [drain], orders: [anOrder(t)] };
    t.until('restarted', () => t.restarts.length === 1, minute);
  });

  it('forced steps cost no budget, others do', () => {
    const world = (forced: boolean) =>
      aWorld()
        .service('orders')
        .ledger({
          closed: [
            anAction({
              ...{ phase: 'closed', outcome: 'verified' },
              by: { kind: 'human', author: 'ana', reason: 'x', order: 'o1', forced },
            }),
          ],
        })
        .build();
    expect(tallyOf(world(true).services, 1_000_000).lastHour).to.equal(0);
    expect(tallyOf(world(false).services, 1_000_000).lastHour).to.equal(1);
  });

  it('every guardrail says who passes it, and none that keeps the others safe is passed by anybody', () => {
    expect(Object.keys(passes).sort()).to.deep.equal(
      reasonCodes.filter((code) => reasons[code].kind === 'refuses').sort(),
    );
    for (const code of [
      ...(['NO_QUORUM', 'FENCED', 'OVERLAP', 'AMBIGUOUS_TARGET', 'UNVERIFIED'] as const),
      ...(['MIN_AVAILABLE', 'MAX_CONCURRENT', 'SINGLE', 'BLIND', 'PANIC'] as const),
    ])
      expect(passes[code], code).to.equal('never');
  });
});

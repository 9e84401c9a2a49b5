import { expect } from 'chai';
import type { Pause } from '../../scheduler/client/index.js';
import { watch } from '../support/safety.js';
import { FleetTimeline } from '../support/fleet-timeline.js';
import { actingPolicy } from '../support/world.js';

const second = 1_000;
const minute = 60 * second;

/** A steady fleet of `orders` under load, watched for every safety rule. */
const aFleet = (count = 3, more = ''): FleetTimeline => {
  const timeline = new FleetTimeline(actingPolicy('orders', more), count);
  breaches.push(watch(timeline));
  return timeline.run(5 * second);
};
let breaches: string[][] = [];

describe('stories of a fleet', () => {
  beforeEach(() => {
    breaches = [];
  });
  afterEach(() => {
    expect(breaches.flat(), 'safety rules').to.deep.equal([]);
  });

  it('errors in one of three: out, probation fails, restarted, verified, ramp, full', () => {
    const t = aFleet();
    t.get('orders-2').fault = 'errors';
    expect(t.until('out', () => t.weight('orders-2') === 0, 5 * second)).to.be.at.most(5 * second);
    expect(t.state()).to.equal('degraded');
    t.until('probation', () => t.lifecycle('orders-2') === 'probation', minute);
    expect(t.weight('orders-2')).to.equal(10);
    t.until('out again', () => t.lifecycle('orders-2') === 'out', 30 * second);
    expect(t.restarts).to.have.length(0);
    t.until('restarted', () => t.restarts.length === 1, 2 * minute);
    expect(t.restarts[0]?.id).to.equal('orders-2');
    t.until('verifying', () => t.lifecycle('orders-2') === 'verifying', 10 * second);
    t.until('verified', () => t.told('VERIFIED', 'orders-2') === 1, minute);
    t.until('full', () => t.weight('orders-2') === 100, 70 * second);
    t.until('healthy', () => t.state() === 'healthy', minute);
    expect(t.events.filter(({ kind }) => kind === 'heal').map(({ code }) => code)).to.deep.equal([
      'INTENT',
      'DRAINING',
      'STEP',
      'VERIFYING',
      'VERIFIED',
    ]);
    expect(t.run(5 * minute).restarts).to.have.length(1);
  });

  it('what the gateway still serves is not out: the time before a step counts from when it is', () => {
    const t = aFleet();
    t.get('orders-2').alive = false;
    t.gatewayTakesPlans = false;
    t.run(minute);
    expect(t.restarts).to.have.length(0);
    expect(t.told('INTENT')).to.equal(0);
    t.gatewayTakesPlans = true;
    const took = t.until('restarted', () => t.restarts.length === 1, minute);
    expect(took).to.be.at.least(5 * second);
  });

  it('a single instance that may be restarted in place: a soft fault proves itself by lasting', () => {
    const t = aFleet(1, 'heal: {mode: act, single: restart}\n');
    t.get('orders-1').fault = 'errors';
    t.run(4 * minute);
    expect(t.restarts).to.have.length(0);
    t.until('restarted', () => t.restarts.length === 1, 2 * minute);
    t.until('verified', () => t.told('VERIFIED', 'orders-1') === 1, 2 * minute);
  });

  it('the ramp of a healed instance rises in steps from the floor, never jumping', () => {
    const t = aFleet();
    t.get('orders-1').alive = false;
    t.until('restarted', () => t.restarts.length === 1, minute);
    const weights: number[] = [];
    t.until(
      'full',
      () => {
        weights.push(t.weight('orders-1'));
        return t.weight('orders-1') === 100;
      },
      2 * minute,
    );
    const rising = weights.filter((weight, i) => weight > 0 && weight !== weights[i - 1]);
    expect(rising[0]).to.equal(10);
    expect(rising).to.deep.equal([...rising].sort((a, b) => a - b));
    expect(Math.max(...rising.map((weight, i) => weight - (rising[i - 1] ?? 10)))).to.be.at.most(20);
  });

  it('a dead process: out at once, restarted after the shorter dwell, no probation needed', () => {
    const t = aFleet();
    t.get('orders-3').alive = false;
    expect(t.until('out', () => t.weight('orders-3') === 0, 2 * second)).to.be.at.most(1.5 * second);
    expect(t.until('restarted', () => t.restarts.length === 1, minute)).to.be.within(10 * second, 15 * second);
    t.until('verified', () => t.told('VERIFIED') === 1, minute);
  });

  it('a fault that all share: panic, equal weights, no restart, for as long as it lasts', () => {
    const t = aFleet();
    for (const instance of t.instances.values()) instance.fault = 'errors';
    t.until('panic', () => t.state() === 'failing', 10 * second);
    t.run(10 * minute);
    expect(['orders-1', 'orders-2', 'orders-3'].map((name) => t.weight(name))).to.deep.equal([100, 100, 100]);
    expect(t.restarts).to.have.length(0);
    expect(t.told('PANIC')).to.be.greaterThan(0);
    for (const instance of t.instances.values()) instance.fault = 'none';
    t.until('healthy', () => t.state() === 'healthy', minute);
  });

  // Open at least 30 s (+25 %), probation, a slow start of 60 s: the last two are the same for any breaker time.
  const spikes = [
    { more: '', withinMs: 110 * second },
    { more: 'traffic: {upstream: orders, breaker: {open: 3s}}\n', withinMs: 90 * second },
  ];
  for (const { more, withinMs } of spikes)
    it(`a spike of two seconds${more && ', breaker at 3 s'}: full weight again within ${withinMs / second} s, nothing killed`, () => {
      const t = aFleet(3, more);
      t.get('orders-1').fault = 'errors';
      t.run(3 * second);
      t.get('orders-1').fault = 'none';
      expect(t.weight('orders-1')).to.equal(0);
      t.until('full', () => t.weight('orders-1') === 100 && t.state() === 'healthy', withinMs);
      t.run(10 * minute);
      expect(t.restarts).to.have.length(0);
    });

  it('two faults in a row keep it out longer each time; a good while takes it back', () => {
    const t = aFleet();
    const outFor = (): number => {
      t.get('orders-1').fault = 'errors';
      t.until('out', () => t.lifecycle('orders-1') === 'out', 10 * second);
      t.get('orders-1').fault = 'none';
      return t.until('probation', () => t.lifecycle('orders-1') === 'probation', 10 * minute);
    };
    const first = outFor();
    t.until('serving', () => t.lifecycle('orders-1') === 'serving', 2 * minute);
    const next = outFor();
    expect(next).to.be.greaterThan(1.5 * first);
    t.run(20 * minute);
    expect(outFor()).to.be.lessThan(1.5 * first);
  });

  it('a leak that no probation can clear is healed after its dwell alone, since it needs no traffic to be seen', () => {
    const t = aFleet();
    t.get('orders-2').fault = 'leak';
    expect(t.until('restarted', () => t.restarts.length === 1, 3 * minute)).to.be.at.least(minute);
    t.until('healthy', () => t.state() === 'healthy', 3 * minute);
  });

  it('a slow instance is lowered and never restarted', () => {
    const t = aFleet();
    t.get('orders-2').fault = 'slow';
    t.until('lowered', () => t.weight('orders-2') < 100, 10 * second);
    t.run(10 * minute);
    expect(t.weight('orders-2')).to.equal(50);
    expect(t.restarts).to.have.length(0);
    expect(t.told('LOWERED', 'orders-2')).to.equal(1);
  });

  it('a restart that does not help is tried again, later each time, and no more than the hour allows', () => {
    const t = aFleet();
    t.get('orders-2').fault = 'leak';
    t.get('orders-2').stubborn = true;
    t.run(40 * minute);
    expect(t.restarts.length).to.be.within(2, 3);
    expect(t.told('NOT_VERIFIED')).to.be.at.least(2);
    t.get('orders-2').fault = 'none';
    t.until('late success', () => t.told('LATE_SUCCESS') === 1, 5 * minute);
    t.run(10 * minute);
    expect(t.told('LATE_SUCCESS')).to.equal(1);
  });

  it('a runtime that fails is recorded as failed, and counts', () => {
    const t = aFleet();
    t.runtimeWorks = false;
    t.get('orders-1').alive = false;
    t.run(30 * minute);
    expect(t.restarts).to.have.length(0);
    expect(t.told('STEP_FAILED')).to.equal(3);
    expect(t.told('MAX_ACTIONS', 'orders-1')).to.equal(1);
  });

  for (const phase of ['intent', 'draining', 'stepping', 'verifying'])
    it(`a leader that is lost in phase ${phase} leaves an action that the next one ends; one restart in all`, () => {
      const t = aFleet();
      t.get('orders-2').alive = false;
      t.until(phase, () => t.ledger.open[0]?.phase === phase, 2 * minute);
      t.newLeader();
      t.until('closed', () => t.ledger.open.length === 0, 6 * minute);
      t.until('healthy', () => t.state() === 'healthy', 6 * minute);
      expect(t.restarts.length).to.equal(1);
      expect(t.ledger.token).to.equal(8);
    });

  it('a leader lost while its step is under way, which still succeeds: the new process is found, and not killed again', () => {
    const t = aFleet();
    t.get('orders-2').alive = false;
    t.until('stepping', () => t.ledger.open[0]?.phase === 'stepping', 2 * minute);
    t.newLeader();
    t.run(5 * second);
    t.get('orders-2').restart(t.now);
    t.until('verified', () => t.told('VERIFIED') === 1, 2 * minute);
    expect(t.restarts).to.have.length(0);
  });

  it('a lock that is not confirmed stops everything that acts, and traffic stays', () => {
    const t = aFleet();
    t.get('orders-2').alive = false;
    t.until('out', () => t.weight('orders-2') === 0, 5 * second);
    t.lead = { ...t.lead, confirmedAgoMs: 5_001 };
    t.run(5 * minute);
    expect(t.ledger.open).to.have.length(0);
    expect(t.told('NO_QUORUM')).to.equal(1);
    t.lead = { ...t.lead, confirmedAgoMs: 10 };
    t.until('restarted', () => t.restarts.length === 1, minute);
  });

  it('a leader with an older token than the ledger stands back', () => {
    const t = aFleet();
    t.ledger = { ...t.ledger, token: 9 };
    t.get('orders-2').alive = false;
    t.run(5 * minute);
    expect(t.restarts).to.have.length(0);
    expect(t.told('FENCED')).to.equal(1);
    expect(t.weight('orders-2')).to.equal(0);
  });

  it('a leader whose ledger a newer one has written leaves its action as it is, and says so once', () => {
    const t = aFleet();
    t.get('orders-2').alive = false;
    t.until('an action', () => t.ledger.open.length === 1, minute);
    t.ledger = { ...t.ledger, token: 9 };
    const { open } = t.ledger;
    t.run(5 * minute);
    expect(t.restarts).to.have.length(0);
    expect(t.ledger.open).to.deep.equal(open);
    expect(t.told('FENCED', 'orders-2')).to.equal(1);
  });

  it('discovery shrinks: the kept list serves, and nobody is healed', () => {
    const t = aFleet(4);
    t.hold('lost 3 of 4');
    t.get('orders-2').alive = false;
    t.run(5 * minute);
    expect(t.weight('orders-2')).to.equal(0);
    expect(t.restarts).to.have.length(0);
    expect(t.told('SHRINK')).to.be.greaterThan(0);
    t.hold(null);
    t.until('restarted', () => t.restarts.length === 1, minute);
  });

  it('two of three unknown: blind, weights and healing are frozen', () => {
    const t = aFleet();
    t.get('orders-1').seen = false;
    t.get('orders-2').seen = false;
    t.run(5 * second);
    t.get('orders-3').alive = false;
    t.run(5 * minute);
    expect(['orders-1', 'orders-2', 'orders-3'].map((name) => t.weight(name))).to.deep.equal([100, 100, 100]);
    expect(t.restarts).to.have.length(0);
    expect(t.told('BLIND', 'orders-3')).to.equal(1);
  });

  it('the engine is gone: every weight is kept, also that of one on its way up', () => {
    const t = aFleet();
    t.get('orders-1').fault = 'slow';
    t.run(20 * second);
    const before = t.weight('orders-1');
    t.engineAnswers = false;
    t.run(10 * minute);
    expect(t.weight('orders-1')).to.equal(before);
    expect(t.weight('orders-2')).to.equal(100);
    expect(t.last?.plan.services[0]?.reasons.map(({ code }) => code)).to.include('FAIL_STATIC');
  });

  it('a pause holds healing back and leaves traffic alone; it ends when it ends', () => {
    const t = aFleet();
    const pause: Pause = {
      kind: 'pause',
      scope: 'service/orders',
      author: 'ana',
      reason: 'migration',
      since: t.now,
      until: t.now + 5 * minute,
    };
    t.pauses = [pause];
    t.get('orders-2').alive = false;
    t.run(4 * minute);
    expect(t.weight('orders-2')).to.equal(0);
    expect(t.restarts).to.have.length(0);
    expect(t.told('PAUSED', 'orders-2')).to.equal(1);
    t.until('restarted', () => t.restarts.length === 1, 2 * minute);
  });

  it('heal.mode observe: everything is proposed with its verdicts, nothing is done, each refusal is told once', () => {
    const t = aFleet(3, 'heal: {mode: observe}\n');
    t.get('orders-2').alive = false;
    t.run(5 * minute);
    const proposal = t.last?.plan.services[0]?.proposals[0];
    expect(proposal?.allowed).to.equal(false);
    expect(proposal?.verdicts.filter((verdict) => !verdict.allowed).map(({ code }) => code)).to.deep.equal([
      'OBSERVE',
      'RUNTIME_UNREADABLE',
    ]);
    expect(t.told('OBSERVE')).to.equal(1);
    expect(t.restarts).to.have.length(0);
  });

  it('two instances: one may go while the other is green; the other then stays, at the floor', () => {
    const t = aFleet(2);
    t.get('orders-1').fault = 'leak';
    t.until('out', () => t.weight('orders-1') === 0, 10 * second);
    t.get('orders-2').fault = 'slow';
    t.run(10 * second);
    expect(t.weight('orders-2')).to.equal(100);
  });

  it('a single instance is never taken out, and not restarted unless its file says so', () => {
    const t = aFleet(1);
    t.get('orders-1').alive = false;
    t.run(5 * minute);
    expect(t.weight('orders-1')).to.equal(100);
    expect(t.restarts).to.have.length(0);
    expect(t.told('SINGLE')).to.equal(1);
  });

  it('a single instance whose file says so is restarted in place', () => {
    const t = aFleet(1, 'heal: {mode: act, single: restart}\n');
    t.get('orders-1').alive = false;
    t.until('restarted', () => t.restarts.length === 1, minute);
    t.until('verified', () => t.told('VERIFIED') === 1, 2 * minute);
    expect(t.weight('orders-1')).to.equal(100);
  });

  it('a newcomer waits for Consul, then ramps; it is not judged while it warms up', () => {
    const t = aFleet();
    t.add('orders-4').consul = 'critical';
    t.run(5 * second);
    expect([t.lifecycle('orders-4'), t.weight('orders-4')]).to.deep.equal(['joining', 0]);
    t.get('orders-4').consul = 'passing';
    t.run(second);
    expect([t.lifecycle('orders-4'), t.weight('orders-4')]).to.deep.equal(['serving', 10]);
    t.get('orders-4').fault = 'errors';
    t.run(45 * second);
    expect(t.weight('orders-4')).to.be.greaterThan(0);
    t.until('out', () => t.weight('orders-4') === 0, 30 * second);
  });

  it('a critical check takes out for as long as it is critical, and is alone no reason to heal', () => {
    const t = aFleet();
    t.get('orders-2').consul = 'critical';
    t.run(5 * minute);
    expect(t.weight('orders-2')).to.equal(0);
    expect(t.told('CONSUL_CRITICAL', 'orders-2')).to.equal(1);
    expect(t.restarts).to.have.length(0);
    t.get('orders-2').consul = 'passing';
    t.run(second);
    expect(t.weight('orders-2')).to.equal(10);
    t.until('full', () => t.weight('orders-2') === 100, 70 * second);
  });

  it('a process that restarted by itself starts anew: fresh mark, fresh breaker, ramp', () => {
    const t = aFleet();
    t.get('orders-2').fault = 'errors';
    t.until('out', () => t.weight('orders-2') === 0, 10 * second);
    t.get('orders-2').restart(t.now);
    t.until('back', () => t.weight('orders-2') === 10, 5 * second);
    expect(t.record()?.rotation['orders-2']?.state).to.equal('fresh');
    t.until('full', () => t.weight('orders-2') === 100, 70 * second);
  });

  it('an instance that leaves the catalog while it is restarted is found again', () => {
    const t = aFleet();
    t.get('orders-2').alive = false;
    t.until('stepping', () => t.ledger.open[0]?.phase === 'stepping', minute);
    t.get('orders-2').listed = false;
    t.run(20 * second);
    t.get('orders-2').listed = true;
    t.until('verified', () => t.told('VERIFIED') === 1, 2 * minute);
    expect(t.restarts).to.have.length(1);
  });
});

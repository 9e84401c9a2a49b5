import { expect } from 'chai';
import { createLog } from '../../../lib/log.js';
import { deliverOver } from '../../../scheduler/notify/deliver.js';
import { Heartbeat, type Pulse } from '../../../scheduler/notify/heartbeat.js';
import { VirtualClock } from '../../fakes/clock.js';
import { eventually } from '../../support/eventually.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';

describe('the heartbeat', () => {
  let receiver: Receiver;
  let clock: VirtualClock;
  let pulse: Pulse;
  let heartbeat: Heartbeat;
  let ending: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    receiver = await startReceiver();
    clock = new VirtualClock();
    ending = new AbortController();
    pulse = { turnAgoMs: 100, state: 'leader', why: 'leads', more: { services: 3 } };
    heartbeat = new Heartbeat({
      config: () => ({ url: receiver.url, everyMs: 60_000, method: 'POST', secret: 'k', headers: {} }),
      pulse: () => pulse,
      deliver: deliverOver(clock),
      ...{ clock, log: createLog({ level: 'silent', name: 'test' }), node: 'n1' },
    });
    running = heartbeat.run(ending.signal);
    await beats(1);
  });
  afterEach(async () => {
    ending.abort();
    await running;
    await receiver.stop();
  });

  /** The network takes real time: the clock goes on only when what was sent has come. */
  const beats = async (count: number): Promise<void> => {
    await eventually(() => expect(receiver.received).to.have.length(count));
    await eventually(() => expect(clock.sleeping).to.equal(1));
  };

  it('is sent at once and then at its interval, with how it is', async () => {
    await clock.advance(59_000);
    expect(receiver.received).to.have.length(1);
    pulse = { ...pulse, state: 'standby' };
    await clock.advance(1_000);
    await beats(2);
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies[0]).to.deep.include({ event: 'heartbeat', node: 'n1', state: 'leader', services: 3, turnAgoMs: 100 });
    expect(bodies[1]).to.deep.include({ state: 'standby' });
    expect(receiver.received[0]?.headers).to.have.property('x-ballast-signature');
    expect(heartbeat.view()).to.deep.include({ trouble: null, everyMs: 60_000 });
  });

  const silent: [string, Partial<Pulse>, string][] = [
    ['is stuck', { turnAgoMs: 61_000 }, 'the last turn that went through was 61 s ago'],
    ['has not turned yet', { turnAgoMs: null }, 'no turn went through yet'],
    [
      'neither leads nor sees who does',
      { state: null, why: 'no answer' },
      'it neither leads nor sees who does: no answer',
    ],
  ];
  for (const [what, change, why] of silent)
    it(`stops while the loop ${what}, says why, and comes back with it`, async () => {
      const well = pulse;
      pulse = { ...pulse, ...change };
      await clock.advance(300_000);
      expect(receiver.received).to.have.length(1);
      expect(heartbeat.problem()).to.equal(`the heartbeat is not sent: ${why}`);
      pulse = well;
      await clock.advance(5_000);
      await beats(2);
      expect(heartbeat.problem()).to.equal(null);
    });

  it('is tried again soon when it does not arrive', async () => {
    receiver.answers.push({ status: 503 });
    await clock.advance(60_000);
    await beats(2);
    expect(heartbeat.view()?.trouble).to.equal('answered 503 Service Unavailable');
    await clock.advance(5_000);
    await beats(3);
    expect(heartbeat.view()?.trouble).to.equal(null);
  });
});

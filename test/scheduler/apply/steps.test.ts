import { expect } from 'chai';
import type { InstanceId } from '../../../config/index.js';
import { createLog } from '../../../lib/log.js';
import { Steps } from '../../../scheduler/apply/steps.js';
import type { Action } from '../../../scheduler/client/index.js';
import { stepDeadline } from '../../../scheduler/heal/phases.js';
import type { CatalogEntry } from '../../../scheduler/model.js';
import type { Runtime } from '../../../scheduler/runtime/types.js';
import { VirtualClock } from '../../fakes/clock.js';
import { actingPolicy, anAction, aWorld, theService } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });
const policy = actingPolicy(
  'orders',
  'heal: {mode: act, ladder: [{do: gentle, post: /x, timeout: 3s}, {do: restart}, {do: replace}]}\n',
);
const entry = { id: 'orders-1' as InstanceId } as CatalogEntry;

describe('a step and its deadline', () => {
  let clock: VirtualClock;
  let begun: string[];
  /** The moment at which the runtime heard that it must end; null: not yet. */
  let calledOff: number | null;
  let steps: Steps;

  const endless = (step: Action['step'], signal: AbortSignal): Promise<never> => {
    begun.push(step);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        calledOff = clock.now();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      });
    });
  };
  const runtime: Runtime = {
    find: () => Promise.reject(new Error('nobody asks')),
    tidy: () => Promise.reject(new Error('nobody asks')),
    gentle: (_target, _identity, _request, _options, signal) => endless('gentle', signal),
    restart: (_target, _identity, _options, signal) => endless('restart', signal),
    replace: (_target, _identity, _options, signal) => endless('replace', signal),
  };

  beforeEach(() => {
    clock = new VirtualClock();
    begun = [];
    calledOff = null;
    const permit = { ask: () => Promise.resolve(null), still: () => true };
    steps = new Steps(
      () => runtime,
      permit,
      clock,
      log,
      () => undefined,
    );
  });

  /** As the ledger holds it when the step begins. */
  const stepping = (step: Action['step']): Action => {
    const service = theService(aWorld(clock.now()).service('orders', policy).instances(3).build());
    const action = anAction({ step, phase: 'stepping', phaseAt: clock.now() });
    return { ...action, deadline: stepDeadline(action, { now: clock.now(), service } as never) };
  };

  for (const step of ['gentle', 'restart', 'replace'] as const)
    it(`calls a ${step} off before the deadline at which it counts as failed`, async () => {
      const action = stepping(step);
      steps.start(action, policy, entry);
      await clock.advance(action.deadline - clock.now() - 2_000);
      expect([begun, calledOff]).to.deep.equal([[step], null]);
      await clock.advance(1_500);
      expect(calledOff).to.equal(action.deadline - 1_000);
      const result = steps.resultsNow().get(action.id);
      expect(result?.kind).to.equal('failed');
      expect(result?.text).to.match(/^called off after .* s: its time was over$/);
      expect(result?.at).to.be.lessThan(action.deadline);
    });

  it('begins nothing when there is no time left, as after a long sleep', async () => {
    const action = stepping('restart');
    clock.jump(action.deadline - clock.now());
    steps.start(action, policy, entry);
    await clock.advance(1_000);
    expect(begun).to.deep.equal([]);
    expect(steps.resultsNow().get(action.id)?.kind).to.equal('failed');
  });

  it('leaves no timer behind when it ends in time', async () => {
    const quick: Runtime = { ...runtime, restart: () => Promise.resolve({ kind: 'done', text: 'restarted' }) };
    const permit = { ask: () => Promise.resolve(null), still: () => true };
    const own = new Steps(
      () => quick,
      permit,
      clock,
      log,
      () => undefined,
    );
    own.start(stepping('restart'), policy, entry);
    await clock.advance(1_000);
    expect([...own.resultsNow().values()].map(({ kind }) => kind)).to.deep.equal(['done']);
    expect(clock.sleeping).to.equal(0);
  });
});

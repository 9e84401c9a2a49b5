import { expect } from 'chai';
import type { InstanceId } from '../../../config/index.js';
import type { Action, InstanceMemory, Verdict } from '../../../scheduler/client/index.js';
import { freshScore } from '../../../scheduler/facts.js';
import { advance, type Progress, type Surroundings } from '../../../scheduler/heal/index.js';
import type { RuntimeFact } from '../../../scheduler/model.js';
import {
  actingPolicy,
  anAction,
  aWorld,
  errorRatio,
  type InstanceStory,
  theService,
  viewOf,
} from '../../support/world.js';

const now = 1_000_000;
const old = anAction().identity;
const fresh = { kind: 'docker', containerId: 'c1', startedAt: 'now' } as const;
const factOf = (identity: typeof old, at = now): RuntimeFact => ({ kind: 'one', identity, running: true, at });
const allowed: Verdict[] = [{ code: 'DWELL', allowed: true, text: 'long enough' }];
const denied = (code: Verdict['code']) => (): Verdict[] => [{ code, allowed: false, text: 'no' }];

const open: InstanceMemory = {
  lifecycle: 'draining',
  breaker: { state: 'open', opened: 2, since: 0, until: 0, failedProbations: 1 },
  rampFrom: null,
  weight: 0,
  outSince: 0,
  seenSince: 0,
  freshSince: null,
  processStartedAt: null,
  episode: null,
  quarantine: null,
  drained: null,
  told: [],
};

const server = { instance: 'orders-1', address: '10.0.0.1', port: 8_000, weight: 10 };
const without = viewOf({ orders: [{ ...server, instance: 'orders-2' }] });
const withIt = viewOf({ orders: [server] });

/** NGINX is being reloaded with an older plan, of the moment of its last probation. */
const comingBack = { ...without, coming: withIt.servers };

const surroundings = (story: InstanceStory = {}, change: Partial<Surroundings> = {}): Surroundings => {
  const world = aWorld(now)
    .service('orders', actingPolicy('orders'))
    .instance('orders-1', { zone: 'red', inFlight: 3, ...story })
    .instances(2)
    .build();
  const service = theService(world);
  return {
    now,
    token: 7,
    heldSince: 0,
    service,
    gateway: without,
    memory: open,
    passing: true,
    score: freshScore(service, 'orders-1' as InstanceId),
    fact: factOf(old),
    result: null,
    alone: false,
    verdicts: () => allowed,
    ...change,
  };
};

/** What is written, and what is told to the runtime: `stepping`, `closed overtaken`, `step`, `look`. */
const words = ({ next, commands }: Progress): string => {
  const written = next ? [next.phase === 'closed' ? `closed ${next.outcome ?? '?'}` : next.phase] : [];
  const told = commands.filter((command) => command.do !== 'ledger').map((command) => command.do);
  return [...written, ...told].join(' ') || 'waits';
};

const inPhase = (phase: Action['phase'], change: Partial<Action> = {}): Action =>
  anAction({ phase, phaseAt: now - 10_000, deadline: now + 20_000, ...change });

describe('an action', () => {
  const intent = inPhase('intent');
  const draining = inPhase('draining');
  const stepping = inPhase('stepping');
  const verifying = inPhase('verifying', { newIdentity: fresh });
  const gently = inPhase('stepping', { step: 'gentle' });
  const proving = inPhase('verifying', { step: 'gentle', newIdentity: old });
  const within: Partial<Surroundings> = {
    gateway: withIt,
    memory: { ...open, breaker: { state: 'closed', opened: 1, since: now } },
  };
  const late = { deadline: now - 1 };
  const failed = { kind: 'failed', text: 'timeout', at: now } as const;
  const done = { kind: 'done', text: 'restarted', at: now } as const;
  const well: InstanceStory = { zone: 'green', zoneSince: now - 10_000, traffic: { requests: 50, since: 0 } };

  const cases: [string, Action, Surroundings, string][] = [
    ['intent, still in the gateway', intent, surroundings({}, { gateway: withIt }), 'waits'],
    ['intent, a gateway that says nothing', intent, surroundings({}, { gateway: null }), 'waits'],
    ['intent, out, but a plan with it is under way', intent, surroundings({}, { gateway: comingBack }), 'waits'],
    ['intent, out in the gateway', intent, surroundings(), 'draining'],
    ['intent, the only instance', intent, surroundings({}, { gateway: withIt, alone: true }), 'draining'],
    ['intent, never out', { ...intent, ...late }, surroundings({}, { gateway: withIt }), 'closed overtaken'],
    ['intent, green again', intent, surroundings({ zone: 'green' }), 'closed overtaken'],
    [
      'intent, its breaker closed',
      intent,
      surroundings({}, { memory: { ...open, breaker: { state: 'closed', opened: 1, since: 0 } } }),
      'closed overtaken',
    ],

    ['drained, served again', draining, surroundings({ inFlight: 0 }, { gateway: withIt }), 'look'],
    ['drained, about to be served again', draining, surroundings({ inFlight: 0 }, { gateway: comingBack }), 'look'],
    [
      'drained, served for too long',
      { ...draining, deadline: now - 60_001 },
      surroundings({ inFlight: 0 }, { gateway: withIt }),
      'closed overtaken',
    ],
    ['drained, the gateway says nothing', draining, surroundings({ inFlight: 0 }, { gateway: null }), 'stepping'],
    [
      'drained, the only instance',
      draining,
      surroundings({ inFlight: 0 }, { gateway: withIt, alone: true }),
      'stepping',
    ],
    ['draining, requests in flight', draining, surroundings(), 'look'],
    ['draining, nothing in flight', draining, surroundings({ inFlight: 0 }), 'stepping'],
    [
      'draining, nothing in flight by a score of before',
      draining,
      surroundings({ inFlight: 0, at: now - 11_000 }, { now }),
      'look',
    ],
    ['draining, not measured', draining, surroundings({ inFlight: null }), 'look'],
    ['draining, deadline', { ...draining, ...late }, surroundings(), 'stepping'],
    ['draining, its process down', draining, surroundings({ up: 'down' }), 'stepping'],
    [
      'draining, it completes nothing',
      draining,
      surroundings({ causes: [{ ...errorRatio, source: 'stall', penalty: 1 }] }),
      'stepping',
    ],
    [
      'drained, a guardrail refuses',
      draining,
      surroundings({ inFlight: 0 }, { verdicts: denied('MIN_AVAILABLE') }),
      'closed overtaken',
    ],
    [
      'drained, a refusal that passes by itself',
      draining,
      surroundings({ inFlight: 0 }, { verdicts: denied('NEW_LEADER') }),
      'look',
    ],
    [
      'drained, that refusal for a minute',
      { ...draining, deadline: now - 60_000 },
      surroundings({}, { verdicts: denied('RUNTIME_UNREADABLE') }),
      'closed overtaken',
    ],
    ['draining, another process by now', draining, surroundings({}, { fact: factOf(fresh) }), 'closed overtaken'],

    ['stepping, just written', stepping, surroundings(), 'step look'],
    [
      'stepping, a guardrail refuses at the last moment',
      stepping,
      surroundings({}, { verdicts: denied('PAUSED') }),
      'look',
    ],
    ['stepping, done, the old process still seen', stepping, surroundings({}, { result: done }), 'look'],
    ['stepping, done, a new process', stepping, surroundings({}, { result: done, fact: factOf(fresh) }), 'verifying'],
    [
      'stepping, failed, and a new process all the same',
      stepping,
      surroundings({}, { result: failed, fact: factOf(fresh) }),
      'verifying',
    ],
    ['stepping, failed', stepping, surroundings({}, { result: failed }), 'closed step-failed'],
    [
      'stepping, failed, not looked at since the answer',
      stepping,
      surroundings({}, { result: failed, fact: factOf(old, now - 1) }),
      'look',
    ],
    [
      'stepping, "already so"',
      stepping,
      surroundings({}, { result: { kind: 'look-again', text: '304', at: now } }),
      'look',
    ],
    [
      'stepping, no new process before the deadline',
      { ...stepping, ...late },
      surroundings({}, { result: done }),
      'closed step-failed',
    ],
    [
      'stepping, a new process that does not run',
      stepping,
      surroundings({}, { result: done, fact: { kind: 'one', identity: fresh, running: false, at: now } }),
      'look',
    ],

    ['gently, just written', gently, surroundings(), 'step look'],
    ['gently, answered: the same process', gently, surroundings({}, { result: done }), 'verifying'],
    ['gently, no answer', gently, surroundings({}, { result: failed }), 'closed step-failed'],
    ['gently, another process by now', gently, surroundings({}, { fact: factOf(fresh) }), 'closed overtaken'],
    [
      'gently, of the leader before: nobody knows whether it was asked',
      { ...gently, token: 6 },
      surroundings(),
      'look',
    ],
    [
      'the same, past its deadline and green: nobody can say',
      { ...gently, token: 6, ...late },
      surroundings({ zone: 'green' }),
      'closed overtaken',
    ],
    ['the same, answered to somebody else', { ...gently, token: 6 }, surroundings({}, { result: done }), 'look'],
    ['the same, past its deadline: asked again', { ...gently, token: 6, ...late }, surroundings(), 'stepping'],
    [
      'asked gently, green, not looked at since',
      proving,
      surroundings(well, { ...within, fact: factOf(old, 0) }),
      'look',
    ],
    ['asked gently, green, the same process', proving, surroundings(well, within), 'closed verified'],
    [
      'asked gently, green, another process',
      proving,
      surroundings(well, { ...within, fact: factOf(fresh) }),
      'closed not-verified',
    ],
    [
      'asked gently, failed the probation after it',
      proving,
      surroundings(
        {},
        { memory: { ...open, breaker: { state: 'open', opened: 3, since: now - 1, until: now, failedProbations: 2 } } },
      ),
      'closed not-verified',
    ],
    ['asked gently, out since before', proving, surroundings(), 'waits'],

    ['stepping of the leader before, which may still run', { ...stepping, token: 6 }, surroundings(), 'look'],
    [
      'stepping of the leader before, done',
      { ...stepping, token: 6 },
      surroundings({}, { fact: factOf(fresh) }),
      'verifying',
    ],
    ['stepping of the leader before, undone', { ...stepping, token: 6, ...late }, surroundings(), 'stepping'],
    [
      'the same, not looked at since its deadline',
      { ...stepping, token: 6, ...late },
      surroundings({}, { fact: factOf(old, now - 2) }),
      'look',
    ],
    [
      'the same, held back',
      { ...stepping, token: 6, ...late },
      surroundings({}, { verdicts: denied('PAUSED') }),
      'look',
    ],
    ['the same, green again', { ...stepping, token: 6, ...late }, surroundings({ zone: 'green' }), 'closed overtaken'],
    [
      'the same, held back for long',
      { ...stepping, token: 6, deadline: now - 60_001 },
      surroundings({}, { heldSince: now - 100_000, verdicts: denied('PAUSED') }),
      'closed step-failed',
    ],

    ['verifying, green for long enough', verifying, surroundings(well, { gateway: withIt }), 'closed verified'],
    [
      'verifying, green for too short',
      verifying,
      surroundings({ ...well, zoneSince: now - 9_000 }, { gateway: withIt }),
      'waits',
    ],
    [
      'verifying, green since before the step',
      { ...verifying, phaseAt: now - 9_000 },
      surroundings({ ...well, zoneSince: 0 }, { gateway: withIt }),
      'waits',
    ],
    ['verifying, Consul does not pass', verifying, surroundings(well, { gateway: withIt, passing: false }), 'waits'],
    ['verifying, not served', verifying, surroundings(well), 'waits'],
    [
      'verifying, no request reached it',
      verifying,
      surroundings({ ...well, traffic: { requests: 0, since: 0 } }, { gateway: withIt }),
      'waits',
    ],
    [
      'verifying, requests are not measured',
      verifying,
      surroundings({ ...well, traffic: { requests: null, since: 0 } }, { gateway: withIt }),
      'closed verified',
    ],
    [
      'verifying, red at the deadline',
      { ...verifying, ...late },
      surroundings({}, { gateway: withIt }),
      'closed not-verified',
    ],
    [
      'verifying, unknown at the deadline',
      { ...verifying, ...late },
      surroundings({ zone: 'unknown' }, { gateway: withIt }),
      'closed inconclusive',
    ],
    [
      'verifying, no score at the deadline',
      { ...verifying, ...late },
      surroundings({ scored: false }, { gateway: withIt }),
      'closed inconclusive',
    ],
    [
      'verifying, no request by the deadline',
      { ...verifying, ...late },
      surroundings({ ...well, traffic: { requests: 0, since: 0 } }, { gateway: withIt }),
      'closed inconclusive',
    ],
    [
      'verifying under the leader before, whose deadline passed meanwhile',
      { ...verifying, token: 6, ...late },
      surroundings({}, { heldSince: now - 5_000 }),
      'waits',
    ],
    ['closed', inPhase('closed'), surroundings(), 'waits'],
  ];
  for (const [name, action, given, expected] of cases)
    it(`${name}: ${expected}`, () => {
      expect(words(advance(action, given))).to.equal(expected);
    });

  it('says of a step that failed whether anything is left to serve', () => {
    const textOf = (running: boolean): string | null | undefined =>
      advance(stepping, surroundings({}, { result: failed, fact: { ...factOf(old), running } as RuntimeFact })).next
        ?.outcomeText;
    expect(textOf(true)).to.equal(failed.text);
    expect(textOf(false)).to.equal(`${failed.text}; its process does not run now`);
  });

  it('bears the token of the leader who writes, in each phase', () => {
    for (const [name, action, given] of cases) {
      const { next } = advance(action, { ...given, token: 9 });
      if (next) expect(next.token, name).to.equal(9);
    }
  });

  it('is written to the ledger whenever it changes, with one event; never a step in the same breath', () => {
    for (const [name, action, given] of cases) {
      const { next, commands, events } = advance(action, given);
      const written = commands.filter((command) => command.do === 'ledger').map((command) => command.action);
      expect(written, name).to.deep.equal(next ? [next] : []);
      expect(events.length, name).to.equal(next ? 1 : 0);
      if (next)
        expect(
          commands.map((command) => command.do),
          name,
        ).not.to.include('step');
    }
  });

  it('remembers that it was needless: green before the step is a false positive', () => {
    expect(advance(intent, surroundings({ zone: 'green' })).next).to.include({
      falsePositive: true,
      outcomeText: 'it is green again',
    });
    expect(advance(draining, surroundings({}, { fact: factOf(fresh) })).next?.falsePositive).to.equal(false);
  });

  it('is no false alarm where a leader before may have asked it gently', () => {
    const step = { ...gently, token: 6, ...late };
    expect(advance(step, surroundings({ zone: 'green' })).next).to.include({
      outcome: 'overtaken',
      falsePositive: false,
    });
  });
});

import { expect } from 'chai';
import { createLog } from '../../../lib/log.js';
import { Applier } from '../../../scheduler/apply/index.js';
import { emptyLedger } from '../../../scheduler/apply/ledger.js';
import { Steps } from '../../../scheduler/apply/steps.js';
import { Tidier } from '../../../scheduler/apply/tidier.js';
import { type Action, ledgerSchema, serviceRecordSchema } from '../../../scheduler/client/index.js';
import type { Journal, NewEntry } from '../../../scheduler/journal/index.js';
import { permitStep } from '../../../scheduler/lead/index.js';
import type { Command, Decision, Event, World } from '../../../scheduler/model.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { RuntimeFacts } from '../../../scheduler/world/runtime.js';
import type { ServiceName } from '../../../config/index.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { FakeGateway } from '../../fakes/gateway.js';
import { FakeRuntime } from '../../fakes/runtime.js';
import { anAction } from '../../support/world.js';
import { policyFor } from '../../support/policy.js';
import { noControls } from '../../../scheduler/client/index.js';

const log = createLog({ level: 'silent', name: 'test' });
const policy = policyFor(
  'service: orders\npreset: node\ntraffic: {upstream: orders}\nruntime: {docker: {}}\nheal: {mode: act}\n',
);
const signal = new AbortController().signal;

/** Of the token and the process that this test's leader and runtime begin with. */
const action = (over: Partial<Action> = {}): Action =>
  anAction({
    identity: { kind: 'exec', unit: 'orders-1', pid: 1, startTime: '1' },
    token: 5,
    ...{ intentAt: 0, phaseAt: 0, deadline: 60_000 },
    ...over,
  });

const event = (of: string | null): Event => ({
  kind: 'heal',
  service: 'orders' as ServiceName,
  instance: null,
  action: of,
  code: 'INTENT',
  text: of ?? 'general',
  data: {},
});

describe('applying a decision', () => {
  const clock = new VirtualClock(1_000);
  let consul: FakeConsul;
  let gateway: FakeGateway;
  let runtime: FakeRuntime;
  let lines: NewEntry[];
  let applier: Applier;
  let steps: Steps;
  let ledgers: KvMirror<typeof ledgerSchema>;
  let confirmedAtMono: number;

  beforeEach(async () => {
    consul = new FakeConsul();
    gateway = new FakeGateway();
    runtime = new FakeRuntime();
    lines = [];
    confirmedAtMono = clock.mono();
    const nothing = (): void => undefined;
    ledgers = new KvMirror(consul, 'b/ledger/', ledgerSchema, log, nothing);
    const records = new KvMirror(consul, 'b/plan/', serviceRecordSchema, log, nothing);
    await ledgers.refresh();
    await records.refresh();
    const lock = { state: () => ({ held: true, token: 5, heldSince: 0, confirmedAtMono, why: '' }) };
    const permit = permitStep(lock, ledgers, clock);
    steps = new Steps(() => runtime, permit, clock, log, nothing);
    const facts = new RuntimeFacts(() => runtime, clock, nothing);
    const journal: Pick<Journal, 'write'> = { write: (entries) => lines.push(...entries) };
    const tidier = new Tidier({ runtimeOf: () => runtime, permit, journal, clock, log });
    applier = new Applier({ records, ledgers, gateway, steps, tidier, facts, journal: journal as Journal, log });
  });

  const world = (over: Partial<World['lead']> = {}): World => {
    const ledger = ledgers.get('orders');
    return {
      services: [
        {
          policy,
          catalog: { kind: 'live', at: 0, entries: [] },
          scores: { received: true, ageMs: 0, engineNow: 0, ready: true, instances: new Map() },
          ledger: ledger.kind === 'value' ? ledger.value : { token: 0, open: [], closed: [] },
          runtime: new Map(),
        },
      ],
      lead: { held: true, token: 5, heldSince: 0, confirmedAgoMs: 0, why: '', ...over },
      gateway: gateway.view(),
      controls: noControls,
      stepResults: steps.resultsNow(),
    };
  };
  const decision = (commands: Command[], events: Event[] = []): Decision => ({
    plan: { at: 0, services: [] },
    memory: { services: new Map() },
    changed: [],
    commands,
    events,
  });
  const settle = (): Promise<void> => clock.advance(0);
  const stepping = action({ phase: 'stepping' });

  it('does nothing at all without the lock, and calls back what the gateway had not applied yet', async () => {
    await applier.apply(
      decision([{ do: 'ledger', action: action() }], [event(null)]),
      world({ held: false }),
      0,
      signal,
    );
    expect([consul.writes, gateway.submitted, lines]).to.deep.equal([[], [], []]);
    expect(gateway.held).to.equal(1);
  });

  it('writes the intent before it tells of it', async () => {
    await applier.apply(decision([{ do: 'ledger', action: action() }], [event(action().id)]), world(), 0, signal);
    expect(consul.writes).to.deep.equal(['b/ledger/orders']);
    expect(lines.map((line) => line.text)).to.deep.equal([action().id]);
  });

  it('tells nothing of an action whose phase could not be written, and everything else', async () => {
    consul.beforeWrite = () => {
      throw new Error('no leader');
    };
    await applier.apply(
      decision([{ do: 'ledger', action: action() }], [event(action().id), event(null)]),
      world(),
      0,
      signal,
    );
    expect(lines.map((line) => line.text)).to.deep.equal(['general']);
  });

  it('writes no phase over a ledger that changed after the decision', async () => {
    const decided = world();
    consul.beforeWrite = () => {
      consul.beforeWrite = () => undefined;
      consul.plant('b/ledger/orders', JSON.stringify({ token: 4, open: [], closed: [] }));
    };
    await applier.apply(decision([{ do: 'ledger', action: action() }], [event(action().id)]), decided, 0, signal);
    expect(lines).to.deep.equal([]);
    expect(ledgers.get('orders')).to.deep.include({ kind: 'value', value: { token: 4, open: [], closed: [] } });
  });

  it('tells of a phase whose write was not answered once it is found in the ledger, and once', async () => {
    consul.afterWrite = () => {
      throw new Error('timed out');
    };
    await applier.apply(decision([{ do: 'ledger', action: action() }], [event(action().id)]), world(), 0, signal);
    expect(lines).to.deep.equal([]);
    consul.afterWrite = () => undefined;
    await applier.catchUp();
    await applier.catchUp();
    expect(lines.map((line) => line.text)).to.deep.equal([action().id]);
  });

  it('never tells of a phase whose write was not answered and did not arrive', async () => {
    consul.beforeWrite = () => {
      throw new Error('timed out');
    };
    await applier.apply(decision([{ do: 'ledger', action: action() }], [event(action().id)]), world(), 0, signal);
    consul.beforeWrite = () => undefined;
    await applier.catchUp();
    expect(lines).to.deep.equal([]);
  });

  it('asks a Consul that does not answer once a decision, and forgets nothing', async () => {
    let asked = 0;
    consul.beforeWrite = () => {
      asked++;
      throw new Error('no leader');
    };
    const record = {
      token: 5,
      at: 0,
      state: 'healthy',
      stateSince: 0,
      seenCounts: [],
      stormAt: null,
      redAt: null,
      fallen: null,
      worked: [],
      instances: {},
      rotation: {},
    } as const;
    const services = new Map(
      ['orders', 'users'].map((name) => [name as ServiceName, { ...record, seenCounts: [], worked: [] }]),
    );
    const decided = { ...decision([]), memory: { services }, changed: [...services.keys()] };
    await applier.apply(decided, world(), 0, signal);
    expect(asked).to.equal(1);
    consul.beforeWrite = () => undefined;
    await applier.apply({ ...decided, changed: [] }, world(), 0, signal);
    expect(consul.writes).to.deep.equal(['b/plan/orders', 'b/plan/users']);
  });

  it('stands back from a ledger that a newer leader has written', async () => {
    consul.plant('b/ledger/orders', JSON.stringify({ token: 6, open: [], closed: [] }));
    await ledgers.refresh();
    await applier.apply(decision([{ do: 'ledger', action: action() }]), world(), 0, signal);
    expect(consul.writes).to.deep.equal([]);
  });

  it('takes a step only once the ledger holds it, and never twice', async () => {
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect(runtime.restarts).to.deep.equal([]);
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    for (let i = 0; i < 3; i++) {
      await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
      await settle();
    }
    expect(runtime.restarts).to.deep.equal(['orders-1']);
    expect(steps.resultsNow().get(stepping.id)).to.deep.include({ kind: 'done', text: 'restarted' });
  });

  it('asks, replaces and tidies up as the action says; once, and nothing else of that instance meanwhile', async () => {
    const gentle = action({ id: 'g', step: 'gentle', phase: 'stepping' });
    await applier.apply(decision([{ do: 'ledger', action: gentle }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: gentle }]), world(), 0, signal);
    await settle();
    // The ladder of this service has no such step by now.
    expect(steps.resultsNow().get('g')?.text).to.match(/names no gentle step/);
    const closed = action({ id: 'r', step: 'replace', phase: 'closed', outcome: 'verified', outcomeText: 'well' });
    await applier.apply(decision([{ do: 'ledger', action: closed }]), world(), 0, signal);
    runtime.onTidy = () => new Promise((resolve) => (release = resolve));
    let release = (): void => undefined;
    await applier.apply(decision([{ do: 'tidy', action: closed }]), world(), 0, signal);
    const next = action({ id: 'n', phase: 'stepping' });
    await applier.apply(decision([{ do: 'ledger', action: next }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: next }]), world(), 0, signal);
    await settle();
    expect([runtime.tidied, runtime.restarts]).to.deep.equal([['orders-1'], []]);
    release();
    await settle();
    await applier.apply(decision([{ do: 'tidy', action: closed }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: next }]), world(), 0, signal);
    await settle();
    expect([runtime.tidied, runtime.restarts]).to.deep.equal([['orders-1'], ['orders-1']]);
    expect(lines.at(-1)).to.deep.include({ code: 'TIDIED', action: 'r', instance: 'orders-1', token: 5 });
  });

  it('tidies up again later what failed', async () => {
    const closed = action({ id: 'r', step: 'replace', phase: 'closed', outcome: 'verified', outcomeText: 'well' });
    await applier.apply(decision([{ do: 'ledger', action: closed }]), world(), 0, signal);
    runtime.onTidy = () => Promise.reject(new Error('no daemon'));
    const wish = decision([{ do: 'tidy', action: closed }]);
    for (let i = 0; i < 3; i++) {
      await applier.apply(wish, world(), 0, signal);
      await settle();
    }
    expect(runtime.tidied).to.have.length(1);
    await clock.advance(30_000);
    await applier.apply(wish, world(), 0, signal);
    await settle();
    expect(runtime.tidied).to.have.length(2);
  });

  it('holds a step back when the lock was not confirmed for five seconds', async () => {
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    confirmedAtMono = clock.mono() - 5_001;
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect(runtime.restarts).to.deep.equal([]);
  });

  it('holds a step back when a newer leader wrote the ledger in between, although the watch has not told', async () => {
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    consul.plant('b/ledger/orders', JSON.stringify({ token: 6, open: [], closed: [] }));
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect(runtime.restarts).to.deep.equal([]);
  });

  it('takes no step for failed that it could not ask about', async () => {
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    const unreachable = (): Promise<never> => Promise.reject(new Error('no leader'));
    const answering = { ...consul.kv };
    Object.assign(consul.kv, { getConsistent: unreachable });
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect([steps.resultsNow().size, runtime.restarts]).to.deep.equal([0, []]);
    Object.assign(consul.kv, answering);
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect(runtime.restarts).to.deep.equal(['orders-1']);
  });

  it('remembers what became of a step while the ledger cannot be read', async () => {
    runtime.onRestart = () => Promise.reject(new Error('no such container'));
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    const { services, ...rest } = world();
    await applier.apply(decision([]), { ...rest, services: services.map((s) => ({ ...s, ledger: null })) }, 0, signal);
    expect(steps.resultsNow().has(stepping.id)).to.equal(true);
    await applier.apply(
      decision([]),
      { ...rest, services: services.map((s) => ({ ...s, ledger: emptyLedger })) },
      0,
      signal,
    );
    expect(steps.resultsNow().has(stepping.id)).to.equal(false);
  });

  it('starts no step any more while it waits for the last one', async () => {
    let finish: () => void = () => undefined;
    runtime.onRestart = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const other = action({ id: 'orders/orders-2/0', instance: 'orders-2', phase: 'stepping' });
    for (const one of [stepping, other])
      await applier.apply(decision([{ do: 'ledger', action: one }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    const stopped = steps.stop(60_000);
    await applier.apply(decision([{ do: 'step', action: other }]), world(), 0, signal);
    await settle();
    finish();
    await stopped;
    expect(runtime.restarts).to.deep.equal(['orders-1']);
  });

  it('lets a step under way finish when it is told to stop, and starts no other', async () => {
    let finish: () => void = () => undefined;
    runtime.onRestart = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    const stopped = steps.stop(60_000);
    finish();
    await stopped;
    expect(runtime.restarts).to.deep.equal(['orders-1']);
    const other = action({ id: 'orders/orders-2/0', instance: 'orders-2', phase: 'stepping' });
    await applier.apply(
      decision([
        { do: 'ledger', action: other },
        { do: 'step', action: other },
      ]),
      world(),
      0,
      signal,
    );
    await settle();
    expect(runtime.restarts).to.deep.equal(['orders-1']);
  });

  it('makes data of a runtime that throws', async () => {
    runtime.onRestart = () => Promise.reject(new Error('no such container'));
    await applier.apply(decision([{ do: 'ledger', action: stepping }]), world(), 0, signal);
    await applier.apply(decision([{ do: 'step', action: stepping }]), world(), 0, signal);
    await settle();
    expect(steps.resultsNow().get(stepping.id)).to.deep.equal({
      kind: 'failed',
      text: 'no such container',
      at: clock.now(),
    });
  });
});

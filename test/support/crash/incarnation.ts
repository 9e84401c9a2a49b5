import { Registry } from 'prom-client';
import type { Configuration } from '../../../config/index.js';
import type { EngineClient } from '../../../engine/client/index.js';
import type { ConsulAccess } from '../../../lib/consul/index.js';
import type { Clock } from '../../../lib/clock.js';
import type { Lock, LockState } from '../../../lib/consul/lock.js';
import { createLog } from '../../../lib/log.js';
import { SchedulerMetrics } from '../../../scheduler/api/metrics.js';
import { Applier } from '../../../scheduler/apply/index.js';
import { Steps } from '../../../scheduler/apply/steps.js';
import { Tidier } from '../../../scheduler/apply/tidier.js';
import { type Action, ledgerSchema, controlSchema, serviceRecordSchema } from '../../../scheduler/client/index.js';
import type { Gateway } from '../../../scheduler/gateway/types.js';
import { Journal } from '../../../scheduler/journal/index.js';
import type { JournalStore } from '../../../scheduler/journal/store.js';
import { permitStep } from '../../../scheduler/lead/index.js';
import { Turns } from '../../../scheduler/turns.js';
import { Observer } from '../../../scheduler/world/index.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { RuntimeFacts } from '../../../scheduler/world/runtime.js';
import { ScoresFollower } from '../../../scheduler/world/scores.js';
import { type Blow, Fate } from './fate.js';
import { runtimeOf } from './runtimes.js';
import { type CrashWorld, prefix } from './world.js';

const ttlMs = 15_000;
const log = createLog({ level: 'silent', name: 'test' });

/** One scheduler process: the real turns, applier, mirrors, steps and journal; each of its calls may be its last. */
export class Incarnation {
  readonly fate: Fate;
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;

  /** `elsewhere`: on another host, with a journal of its own. */
  constructor(
    world: CrashWorld,
    token: number,
    { at, blow }: { readonly at: number; readonly blow: Blow } = { at: Infinity, blow: 'dies before' },
    elsewhere = false,
  ) {
    const { policy } = world;
    this.fate = new Fate(at, blow, () => this.ending.abort());
    const clock = clockOf(world, this.fate);
    const consul = consulOf(world, this.fate);
    const wake = (): void => turns.wake();
    const ledgers = new KvMirror(consul, `${prefix}ledger/`, ledgerSchema, log, wake);
    const records = new KvMirror(consul, `${prefix}plan/`, serviceRecordSchema, log, wake);
    const controls = new KvMirror(consul, `${prefix}control/`, controlSchema, log, wake);
    const runtime = runtimeOf(world, this.fate);
    const lock = lockOf(world, this.fate, token);
    const gateway = gatewayOf(world, this.fate, lock);
    const journal = new Journal(storeOf(world, this.fate, elsewhere ? world.elsewhere : world.actions), log);
    const facts = new RuntimeFacts(() => runtime, clock, wake);
    const permit = permitStep(lock, ledgers, clock);
    const steps = new Steps(() => runtime, permit, clock, log, wake);
    const tidier = new Tidier({ runtimeOf: () => runtime, permit, journal, clock, log });
    const scores = new ScoresFollower(engineOf(world, this.fate), clock, log, wake);
    const configuration = {
      ballast: { scheduler: { maxActions: 10, maxConcurrent: 1 }, consul: { maxStaleMs: 10_000 } },
      services: new Map([[policy.service, policy]]),
    } as unknown as Configuration;
    const inForce = (): Configuration => configuration;
    const observed = {
      configuration: inForce,
      consul,
      scores,
      facts,
      records,
      ledgers,
      controls,
      clock,
      log,
      onChange: wake,
    };
    const observer = new Observer(observed);
    const applier = new Applier({ records, ledgers, gateway, steps, tidier, facts, journal, log });
    const metrics = new SchedulerMetrics(new Registry());
    const parts = {
      configuration: inForce,
      observer,
      applier,
      gateway,
      lock,
      steps,
      records,
      ledgers,
      journal,
      metrics,
      notifier: { turn: () => undefined },
      clock,
      log,
    };
    const turns = new Turns(parts);
    const { signal } = this.ending;
    const loops = [ledgers, records, controls, scores, observer, turns].map((part) => part.run(signal));
    this.running = Promise.all(loops);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    if (!this.fate.dead) await this.running;
  }
}

/** The time goes on while it sleeps, and its timers ring when it wakes. */
const clockOf = ({ clock }: CrashWorld, fate: Fate): Clock => ({
  now: () => clock.now(),
  mono: () => clock.mono(),
  sleep: async (ms, signal) => {
    await clock.sleep(ms, signal);
    await fate.awake();
  },
});

const consulOf = (world: CrashWorld, fate: Fate): ConsulAccess => {
  const { consul } = world;
  const { kv } = consul;
  return {
    url: consul.url,
    kv: {
      ...kv,
      getConsistent: (key) => fate.meet(`read ${key}`, () => kv.getConsistent(key)),
      list: (under) => fate.meet(`list ${under}`, () => kv.list(under)),
      put: (key, value, options) => fate.meet(`write ${key}`, () => kv.put(key, value, options)),
    },
    session: consul.session,
    health: () => Promise.reject(new Error('nobody asks')),
    watchServices: () => Promise.reject(new Error('nobody asks')),
    watchHealth: async (service, _options, signal, onEvent) => {
      const node = { name: 'n1', address: '127.0.0.1' };
      const common = {
        service,
        node,
        tags: [],
        meta: {},
        status: 'passing',
        datacenter: '',
        why: '',
        checks: [],
        modifyIndex: 1,
      } as const;
      const tell = (): void => {
        const value = world.instances.map(({ id, port }) => ({
          ...{ ...common, serviceId: id, port },
          address: world.addresses.get(id) ?? '127.0.0.1',
        }));
        onEvent({ kind: 'value', value, dropped: [], index: 1, at: world.clock.now() });
      };
      world.onRegister(() => void fate.awake().then(tell), signal);
      tell();
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    watchKv: (under, signal, onEvent) =>
      world.watch(under, signal, (event) => void fate.awake().then(() => onEvent(event))),
    close: () => undefined,
  };
};

const engineOf = (world: CrashWorld, fate: Fate): EngineClient => ({
  scores: async (after, signal) => {
    const answer = await world.scores(after, signal);
    await fate.awake();
    return answer;
  },
  explain: () => Promise.reject(new Error('nobody asks')),
  whatIf: () => Promise.reject(new Error('nobody asks')),
});

/** The same once more is no change, as for the real one. */
const gatewayOf = (world: CrashWorld, fate: Fate, lock: Lock): Gateway => ({
  submit: (desired) => {
    if (!lock.state().held) world.breaches.push('who does not lead submits a plan');
    if (JSON.stringify(desired) === JSON.stringify(world.gateway.submitted.at(-1))) return;
    fate.meetNow('submit', () => world.gateway.submit(desired));
  },
  hold: () => world.gateway.hold(),
  view: () => world.gateway.view(),
  rendered: () => null,
  onChange: () => undefined,
  run: () => Promise.resolve(),
});

const storeOf = (world: CrashWorld, fate: Fate, known: Map<string, Action>): JournalStore => {
  const store: Pick<JournalStore, 'append' | 'action'> = {
    append: (entries, actions = []) =>
      fate.meetNow('journal', () => {
        world.lines.push(...entries);
        for (const action of actions) known.set(action.id, action);
      }),
    action: (id) => known.get(id) ?? null,
  };
  return store as JournalStore;
};

/** Held until another has it; confirmed as long as it is awake. */
const lockOf = ({ clock, leader }: CrashWorld, fate: Fate, token: number): Lock => {
  leader.token = token;
  const heldSince = clock.now();
  let confirmedAtMono = clock.mono();
  const state = (): LockState => {
    if (leader.token === token && !fate.asleep) confirmedAtMono = clock.mono();
    const held = clock.mono() - confirmedAtMono <= ttlMs;
    const why = held ? 'holds the lock' : 'not confirmed';
    return held
      ? { held, token, heldSince, confirmedAtMono, why }
      : { held, token: null, heldSince: null, confirmedAtMono, why };
  };
  return { node: 'test', state, trouble: () => null, onChange: () => undefined, run: () => Promise.resolve() };
};

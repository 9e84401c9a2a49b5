/** The scheduler's real edges, with a mortal between: each call of an action's path is numbered, and may be the last. */
import type { Database } from '../../../lib/sqlite.js';
import { type ConsulAccess, createConsul, type KvAccess, type SessionAccess } from '../../../lib/consul/index.js';
import type { Edges } from '../../../scheduler/edges.js';
import { JournalStore } from '../../../scheduler/journal/store.js';
import { createRuntimes, type Runtime, type StepOptions } from '../../../scheduler/runtime/index.js';
import { fastClock, type Pace } from './fast-clock.js';
import type { Mortal } from './mortal.js';

/** Without the prefix, which each play has of its own. */
const short = (key: string): string => key.replace(/^[^/]*\//, '');

/** The phase that a ledger's text brings its newest action into. */
const phaseOf = (text: string): string => {
  const { open, closed } = JSON.parse(text) as Record<'open' | 'closed', { phase: string; phaseAt: string }[]>;
  const newest = [...open, ...closed].sort((a, b) => a.phaseAt.localeCompare(b.phaseAt)).at(-1);
  return newest?.phase ?? 'none';
};

const mortalKv = (kv: KvAccess, mortal: Mortal, { speed }: Pace): KvAccess => ({
  get: (key, signal) => mortal.meet(`read ${short(key)}`, () => kv.get(key, signal)),
  getConsistent: (key, signal) => mortal.meet(`look at ${short(key)}`, () => kv.getConsistent(key, signal)),
  wait: (key, index, ms, signal) =>
    mortal.meet(`wait for ${short(key)}`, () => kv.wait(key, index, ms / speed, signal)),
  list: (prefix, options) => mortal.meet(`list ${short(prefix)}`, () => kv.list(prefix, options)),
  delete: (key, cas, signal) => mortal.meet(`delete ${short(key)}`, () => kv.delete(key, cas, signal)),
  put: async (key, value, options) => {
    const name = short(key);
    const phase = name.startsWith('ledger/') ? phaseOf(value) : null;
    const written = await mortal.meet(`write ${name}${phase ? ` (${phase})` : ''}`, () => kv.put(key, value, options));
    if (phase && written) mortal.enters(phase);
    return written;
  },
});

/** A session lives as long as Consul lets it at least; its lock-delay passes as quickly as everything else. */
const mortalSession = (session: SessionAccess, mortal: Mortal, { speed }: Pace): SessionAccess => ({
  create: (options) =>
    mortal.meet('create session', () => session.create({ ...options, lockDelayMs: options.lockDelayMs / speed })),
  renew: (id, signal) => mortal.meet('renew session', () => session.renew(id, signal)),
  destroy: (id, signal) => mortal.meet('end session', () => session.destroy(id, signal)),
});

const mortalConsul = (consul: ConsulAccess, mortal: Mortal, pace: Pace): ConsulAccess => ({
  ...consul,
  kv: mortalKv(consul.kv, mortal, pace),
  session: mortalSession(consul.session, mortal, pace),
});

/** `still` is asked right before the irreversible: the moments around its begin are there. */
const guarded = <O extends Pick<StepOptions, 'still'>>(options: O, mortal: Mortal): O => ({
  ...options,
  still: () => {
    const permitted = options.still();
    if (permitted) mortal.meetStart('begin');
    return permitted;
  },
});

const mortalRuntime = (runtime: Runtime, mortal: Mortal): Runtime => ({
  find: (target, signal) => mortal.meet('find', () => runtime.find(target, signal)),
  gentle: (target, identity, request, options, signal) =>
    mortal.meet('gentle', () => runtime.gentle(target, identity, request, guarded(options, mortal), signal)),
  restart: (target, identity, options, signal) =>
    mortal.meet('restart', () => runtime.restart(target, identity, guarded(options, mortal), signal)),
  replace: (target, identity, options, signal) =>
    mortal.meet('replace', () => runtime.replace(target, identity, guarded(options, mortal), signal)),
  tidy: (target, replaced, options, signal) =>
    mortal.meet('tidy', () => runtime.tidy(target, replaced, guarded(options, mortal), signal)),
});

class MortalJournal extends JournalStore {
  constructor(
    database: Database,
    private readonly mortal: Mortal,
  ) {
    super(database);
  }

  override append(...words: Parameters<JournalStore['append']>): void {
    const told = words[0].filter(({ kind }) => kind === 'heal').map(({ code }) => ` ${code ?? ''}`);
    this.mortal.meetNow(`journal${told.join('')}`, () => super.append(...words));
  }
}

export const mortalEdges = (mortal: Mortal, pace: Pace): Edges => ({
  consul: (connection) => mortalConsul(createConsul(connection, { clock: fastClock(pace) }), mortal, pace),
  runtimes: (options) => {
    const runtimeOf = createRuntimes(options);
    return (policy) => {
      const runtime = runtimeOf(policy);
      return runtime && mortalRuntime(runtime, mortal);
    };
  },
  journal: (database) => new MortalJournal(database, mortal),
});

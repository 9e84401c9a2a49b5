import { expect } from 'chai';
import type { Action } from '../../scheduler/client/index.js';
import type { Blow } from '../support/crash/fate.js';
import { verifyJournals } from '../../scheduler/journal/verify.js';
import { Incarnation } from '../support/crash/incarnation.js';
import { CrashWorld } from '../support/crash/world.js';
import { actingPolicy } from '../support/world.js';

const second = 1_000;
/** The session of who was killed or stopped ends, then the lock-delay; somebody else may lead. */
const lockFreeMs = 20 * second;
/** Woken just after that, or when the other has long finished what was left undone. */
const sleepsMs = [24 * second, 150 * second];
const sick = 'orders-2';
const policy = actingPolicy(
  'orders',
  'traffic: {upstream: orders, breaker: {open: 3s}}\nheal: {mode: act, after: 5s}\nruntime: {docker: {}}\n',
);

/** Its action is closed, it is green and takes traffic, and nothing but the slow start holds its weight down. */
const isWell = (world: CrashWorld): boolean => {
  const { open, closed } = world.ledger();
  const memory = world.record()?.instances[sick];
  return (
    open.length === 0 &&
    closed.length > 0 &&
    memory?.breaker.state === 'closed' &&
    memory.lifecycle === 'serving' &&
    memory.weight > 0 &&
    world.get(sick).score()?.zone === 'green'
  );
};

interface Story {
  readonly world: CrashWorld;
  readonly calls: readonly string[];
  readonly well: boolean;
}

/** Half of the requests of one of three fail. At one call of its scheduler the blow falls; if it died, another takes over. */
const play = async (at: number, blow: Blow, sleepMs = 0): Promise<Story> => {
  const world = new CrashWorld(policy);
  const processes = [new Incarnation(world, 11, { at, blow })];
  const [first] = processes;
  await world.run(20 * second);
  first?.fate.begin();
  world.get(sick).fault = 'errors';
  let strickenAt: number | null = null;
  const over = (): boolean => {
    const now = world.clock.mono();
    if (first?.fate.dead || first?.fate.asleep) strickenAt ??= now;
    if (strickenAt !== null && now - strickenAt >= lockFreeMs && processes.length === 1)
      processes.push(new Incarnation(world, 12, undefined, first?.fate.asleep));
    if (first?.fate.asleep && strickenAt !== null && now - strickenAt >= sleepMs) first.fate.wake();
    return isWell(world) && !first?.fate.asleep;
  };
  const well = await world.until(over, 600 * second);
  if (sleepMs > 0) await world.run(10 * second);
  for (const one of processes) await one.stop();
  return { world, calls: first?.fate.calls ?? [], well };
};

/** What the journal, whoever wrote it, lacks or holds twice. */
const gapsOf = ({ lines, actions, elsewhere }: CrashWorld, closed: readonly Action[]): string[] =>
  closed.flatMap((action) => {
    const told = lines.filter(({ action: of, kind }) => of === action.id && kind !== 'traffic');
    const texts = told.map(({ text }) => text);
    const ended = told.filter(({ data }) => data['outcome'] !== null);
    // Who takes over tells what it finds ended; whoever ended it may have told it too, in a journal of its own.
    const ends = ended.filter(({ kind }) => kind === 'heal').length || Math.min(1, ended.length);
    return [
      ...(told[0]?.data['phase'] === 'intent' ? [] : [`begins with ${texts[0] ?? 'nothing'}`]),
      ...(ends === 1 ? [] : [`its end is told ${ends} times`]),
      ...(new Set(texts).size === texts.length ? [] : [`something is told twice: ${texts.join('; ')}`]),
      ...([actions, elsewhere].some((known) => known.get(action.id)?.outcome === action.outcome)
        ? []
        : ['its outcome is not recorded']),
    ];
  });

/** What the checker of `ballast journal verify` finds, over all that was written by either. */
const faultsOf = (world: CrashWorld): string[] => {
  const open = new Set(world.ledger().open.map(({ id }) => id));
  const entries = world.lines.map((line, nth) => ({ ...line, seq: nth + 1 }));
  const { faults } = verifyJournals({ all: entries }, { open, complete: true, token: null });
  return faults.map(({ rule, text }) => `${rule}: ${text}`);
};

/** What the old process did is held against the new one. */
const grudges = ({ lines }: CrashWorld): string[] => {
  const renewed = lines.findLastIndex(({ code }) => code === 'VERIFYING');
  const against = lines.slice(renewed).filter(({ code }) => ['RED', 'DOWN', 'PROBATION'].includes(code ?? ''));
  return against.map(({ text }) => `after its restart: ${text}`);
};

const wrong = ({ world, well }: Story, outcomes: string): string[] => {
  const { closed } = world.ledger();
  const ended = closed.map(({ outcome }) => outcome).join();
  return [
    ...(well ? [] : ['it did not end well']),
    ...world.breaches,
    ...(world.starts.join() === sick ? [] : [`started anew: ${world.starts.join()}`]),
    ...(ended === outcomes ? [] : [`its actions ended ${ended}`]),
    ...gapsOf(world, closed),
    ...faultsOf(world),
    ...grudges(world),
  ];
};

describe('a scheduler that dies or is not answered, at each call that it makes while it heals', function () {
  this.timeout(60_000);
  let calls: readonly string[];

  before(async () => {
    const story = await play(Infinity, 'dies before');
    expect(wrong(story, 'verified')).to.deep.equal([]);
    ({ calls } = story);
    expect(calls).to.include.members([
      'submit',
      'journal',
      'find',
      'inspect',
      'stop',
      'start',
      'write b/ledger/orders',
    ]);
  });

  /** A step that says it failed is one, unless a new process is seen all the same; the next step is another action. */
  const outcomesOf = (blow: Blow, call: string): string => {
    const fails =
      (blow === 'fails before' && ['inspect', 'stop', 'start'].includes(call)) ||
      (blow === 'fails after' && ['inspect', 'stop'].includes(call));
    return fails ? 'step-failed,verified' : 'verified';
  };

  /**
   * The one moment that nobody can guard: between the last look at the lock and the call itself. Whoever sleeps there for
   * longer than the other takes to do the step does it once more, to the new process.
   */
  const isUnguarded = (blow: Blow, call: string, sleepMs: number): boolean =>
    blow === 'sleeps before' && call === 'stop' && sleepMs === Math.max(...sleepsMs);

  const each = async (blow: Blow, sleepMs = 0): Promise<void> => {
    const bad: string[] = [];
    for (const [at, call] of calls.entries()) {
      if (isUnguarded(blow, call, sleepMs)) continue;
      const story = await play(at, blow, sleepMs);
      bad.push(...wrong(story, outcomesOf(blow, call)).map((what) => `${at} ${call}: ${what}`));
    }
    expect(bad).to.deep.equal([]);
  };

  for (const blow of ['dies before', 'dies after', 'fails before', 'fails after'] as const)
    it(`${blow} it: all ends well, there is one new process, and the journal tells it once`, () => each(blow));

  for (const blow of ['sleeps before', 'sleeps after'] as const)
    for (const sleepMs of sleepsMs)
      it(`${blow} it, for ${sleepMs / second} s, while another leads: the same`, () => each(blow, sleepMs));
});

import { expect } from 'chai';
import type { Action } from '../../scheduler/client/index.js';
import { type Blow, blows } from '../support/crash/fate.js';
import { Incarnation } from '../support/crash/incarnation.js';
import { CrashWorld } from '../support/crash/world.js';
import { actingPolicy } from '../support/world.js';

const second = 1_000;
/** The session of who was killed or stopped ends, then the lock-delay; somebody else may lead. */
const lockFreeMs = 20 * second;
const sleepMs = 24 * second;
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
const play = async (at: number, blow: Blow): Promise<Story> => {
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
  for (const one of processes) await one.stop();
  return { world, calls: first?.fate.calls ?? [], well };
};

/** What the journal, whoever wrote it, lacks or holds twice. */
const gapsOf = ({ lines, actions }: CrashWorld, closed: readonly Action[]): string[] =>
  closed.flatMap((action) => {
    const told = lines.filter(({ action: of, kind }) => of === action.id && kind !== 'traffic');
    const texts = told.map(({ text }) => text);
    const ends = told.filter(({ data }) => data['outcome'] !== null).length;
    return [
      ...(told[0]?.data['phase'] === 'intent' ? [] : [`begins with ${texts[0] ?? 'nothing'}`]),
      ...(ends === 1 ? [] : [`its end is told ${ends} times`]),
      ...(new Set(texts).size === texts.length ? [] : [`something is told twice: ${texts.join('; ')}`]),
      ...(actions.get(action.id)?.outcome === action.outcome ? [] : ['its outcome is not recorded']),
    ];
  });

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
    ...(world.restarts.length === 1 ? [] : [`${world.restarts.length} restarts`]),
    ...(ended === outcomes ? [] : [`its actions ended ${ended}`]),
    ...gapsOf(world, closed),
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
    expect(calls).to.include.members(['submit', 'journal', 'find', 'restart', 'write b/ledger/orders']);
  });

  for (const blow of blows)
    it(`${blow} it: all ends well, one process is restarted once, and the journal tells it once`, async () => {
      const bad: string[] = [];
      for (const [at, call] of calls.entries()) {
        const refused = blow === 'fails before' && call === 'restart';
        const story = await play(at, blow);
        bad.push(
          ...wrong(story, refused ? 'step-failed,verified' : 'verified').map((what) => `${at} ${call}: ${what}`),
        );
      }
      expect(bad).to.deep.equal([]);
    });
});

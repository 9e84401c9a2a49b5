/** One healing on a virtual clock, with a blow at one call of the scheduler, and whatever is wrong with it afterwards. */
import type { ServicePolicy } from '../../../config/index.js';
import type { Action } from '../../../scheduler/client/index.js';
import { verifyJournals } from '../../../scheduler/journal/verify.js';
import type { Fault } from '../fleet.js';
import { actingPolicy } from '../world.js';
import type { Blow } from './fate.js';
import { Incarnation } from './incarnation.js';
import { CrashWorld } from './world.js';

export const second = 1_000;
/** The session of who was killed or stopped ends, then the lock-delay; somebody else may lead. */
const lockFreeMs = 20 * second;
const sick = 'orders-2';

/** What is on the ladder, and on which network containers are replaced; null: there are none. */
export interface Healing {
  readonly step: 'gentle' | 'restart' | 'replace';
  readonly network: 'host' | 'bridge' | null;
  readonly policy: ServicePolicy;
  /** How long NGINX takes to serve what it is told. */
  readonly reloadMs?: number;
  readonly fault?: Fault;
}

export const healingBy = (step: Healing['step'], network: Healing['network'], more = ''): Healing => ({
  step,
  network,
  policy: actingPolicy(
    'orders',
    'traffic: {upstream: orders, breaker: {open: 3s}}\nruntime: {docker: {}}\n' +
      `heal: {mode: act, after: 5s, ladder: [{do: ${step}${more}}]}\n`,
  ),
});

/** Containers as they were, and none besides. */
const isTidy = ({ docker, instances }: CrashWorld): boolean =>
  docker === null || docker.names().join() === instances.map(({ id }) => `${id} running`).join();

/** Its action is closed, it is green and takes traffic, and nothing but the slow start holds its weight down. */
const isWell = (world: CrashWorld): boolean => {
  const { open, closed } = world.ledger();
  const memory = world.record()?.instances[sick];
  return (
    isTidy(world) &&
    open.length === 0 &&
    closed.length > 0 &&
    memory?.breaker.state === 'closed' &&
    memory.lifecycle === 'serving' &&
    memory.weight > 0 &&
    world.get(sick).score()?.zone === 'green'
  );
};

export interface Story {
  readonly healing: Healing;
  readonly world: CrashWorld;
  readonly calls: readonly string[];
  readonly well: boolean;
}

/** Half of the requests of one of three fail. At one call of its scheduler the blow falls; if it died, another takes over. */
export const play = async (healing: Healing, at: number, blow: Blow, sleepMs = 0): Promise<Story> => {
  const { policy, network, reloadMs, fault = 'errors' } = healing;
  const world = new CrashWorld(policy, 3, network, reloadMs);
  const processes = [new Incarnation(world, 11, { at, blow })];
  const [first] = processes;
  await world.run(20 * second);
  first?.fate.begin();
  world.get(sick).fault = fault;
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
  return { healing, world, calls: first?.fate.calls ?? [], well };
};

/** What the journal, whoever wrote it, lacks or holds twice. */
const gapsOf = ({ lines, actions, elsewhere }: CrashWorld, closed: readonly Action[]): string[] =>
  closed.flatMap((action) => {
    const told = lines.filter(
      ({ action: of, kind, code }) => of === action.id && kind !== 'traffic' && code !== 'TIDIED',
    );
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

/** A gentle step leaves the process as it is, and may be asked for once more where nobody could know of the first time. */
const wrongDone = ({ healing: { step }, world: { starts, asked } }: Story, mayAskTwice: boolean): string[] => {
  const [wantedStarts, wantedAsked] = step === 'gentle' ? ['', sick] : [sick, ''];
  const twice = mayAskTwice && asked.join() === `${sick},${sick}`;
  return [
    ...(starts.join() === wantedStarts ? [] : [`started anew: ${starts.join()}`]),
    ...(asked.join() === wantedAsked || twice ? [] : [`asked: ${asked.join()}`]),
  ];
};

export const wrong = (story: Story, outcomes: string, mayAskTwice = false): string[] => {
  const { world, well, healing } = story;
  const { closed } = world.ledger();
  const ended = closed.map(({ outcome }) => outcome).join();
  return [
    ...(well ? [] : ['it did not end well']),
    ...world.breaches,
    ...wrongDone(story, mayAskTwice),
    ...(isTidy(world) ? [] : [`containers: ${world.docker?.names().join()}`]),
    ...(ended === outcomes ? [] : [`its actions ended ${ended}`]),
    ...gapsOf(world, closed),
    ...faultsOf(world),
    // A process that was merely asked has its probation, and may not be in time.
    ...(healing.step === 'gentle' ? [] : grudges(world)),
  ];
};

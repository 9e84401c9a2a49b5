/**
 * Lets a fleet go through what it should bear, and says what became of it. Nothing should: no drain, no kill.
 * Exit 0: it bore it; 1: it did not, or could not be played; 64: usage; 130: interrupted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Environment } from './environment/index.js';
import type { Member } from './fleet/roster.js';
import type { Load } from './load/load.js';
import { caseNames, cases, type CaseName } from './noise/cases.js';
import { Account, type Figures } from './noise/figures.js';
import { Lookout } from './noise/lookout.js';
import { instanceOf, intervalOf, oneOf, UsageError } from './options.js';
import { quiet, type NoiseLevel } from './service/noise.js';
import { clientsOf, onStage } from './stage.js';

const lasting = (seconds: number): string => (seconds < 60 ? `${seconds} s` : `${seconds / 60} minutes`);

const usage = `usage: scripts/demo/soak --case CASE [--minutes N] [--instance orders-2] [--interval 1s] [--seed N] [--json]
  --minutes: how long the noise goes on, unless as long as it says here
${caseNames.map((name) => `  ${name.padEnd(13)} ${cases[name].about}, for ${lasting(cases[name].seconds)}`).join('\n')}
`;

const calmBeforeMs = 5_000;
const lookEveryMs = 500;
/** Looks in a row that may fail, as on a busy machine. */
const patience = 20;

interface Choice {
  readonly name: CaseName;
  readonly seconds: number;
  readonly instance: string;
  readonly interval: string;
  readonly seed: number;
  readonly json: boolean;
}

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} ${text}: expected a number above 0`);
  return value;
};

const option = { type: 'string' } as const;
const flags = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
const wishes = { case: option, minutes: option, instance: option, interval: option, seed: option };

const choose = (): Choice => {
  let values;
  try {
    ({ values } = parseArgs({ options: { ...wishes, ...flags } }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help || values.case === undefined) throw new UsageError('which case?');
  const name = oneOf('case', values.case, caseNames);
  return {
    name,
    seconds: values.minutes === undefined ? cases[name].seconds : positive('minutes', values.minutes) * 60,
    instance: instanceOf(values.instance ?? 'orders-2'),
    interval: intervalOf(values.interval ?? '1s'),
    seed: Math.round(positive('seed', values.seed ?? '1')),
    json: values.json ?? false,
  };
};

/** Each instance its own chances, all from one seed. */
const makeNoise = async (members: readonly Member[], level: NoiseLevel, seed: number): Promise<void> => {
  const { errors, lostScrapes } = level;
  await Promise.all(
    members.map(async ({ host, port, id }, nth) => {
      const query = `errors=${errors}&lost_scrapes=${lostScrapes}&seed=${seed * 1_000 + 2 * nth}`;
      const answer = await fetch(`http://${host}:${port}/noise?${query}`, { method: 'POST' });
      if (!answer.ok) throw new Error(`${id} refused the noise: ${answer.status}`);
    }),
  );
};

const watch = async (choice: Choice, environment: Environment, load: Load, signal: AbortSignal): Promise<Figures> => {
  const played = cases[choice.name];
  const members = environment.members.filter(({ id }) => !played.single || id === choice.instance);
  const lookout = new Lookout(environment, signal);
  const account = new Account(await lookout.look(0));
  load.enter('during');
  const from = performance.now();
  const since = (): number => Math.round((performance.now() - from) / 100) / 10;
  await makeNoise(members, played.noise, choice.seed);
  let misses = 0;
  for (let noisy = true; ;) {
    await delay(lookEveryMs, undefined, { signal });
    if (noisy && since() >= choice.seconds) {
      await makeNoise(members, quiet, choice.seed);
      noisy = false;
    }
    const look = await lookout.look(since()).catch(() => null);
    misses = look ? 0 : misses + 1;
    if (misses > patience) throw new Error(`engine or scheduler did not answer ${misses} times in a row`);
    if (!look) continue;
    const figures = account.take(look);
    for (const line of choice.json ? [] : await lookout.news())
      process.stdout.write(`${since().toFixed(1).padStart(6)}s  ${line}\n`);
    if (!noisy && played.isOver(figures, choice.seconds)) return figures;
  }
};

const play = async (choice: Choice, environment: Environment, signal: AbortSignal): Promise<number> => {
  await environment.start();
  const load = clientsOf(environment);
  load.start();
  try {
    await Promise.all([environment.settled(), delay(calmBeforeMs, undefined, { signal })]);
    const figures = await watch(choice, environment, load, signal);
    await load.stop();
    const clients = load.summary('during');
    const { ok, why } = cases[choice.name].verdict({ ...figures, clientErrors: clients.errors });
    const { name, interval, seed } = choice;
    const { overrides } = environment;
    const result = { case: name, interval, seed, overrides, ...figures, clients, reloadErrors: load.broken(), ok, why };
    if (choice.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else tellEnd(result);
    return ok ? 0 : 1;
  } finally {
    await load.stop(0);
  }
};

type Result = Figures & {
  readonly clients: { readonly requests: number; readonly errors: number };
  readonly ok: boolean;
  readonly why: string;
};

const list = (ids: readonly string[]): string => ids.join(', ') || 'nobody';

const tellEnd = ({ seconds, drained, killed, weightChanges, reloads, lostScrapes, clients, ok, why }: Result): void => {
  process.stdout.write(
    `${seconds} s: drained ${list(drained)}, killed ${list(killed)}, ${weightChanges} weight changes, ${reloads} reloads, ` +
      `${lostScrapes} scrapes lost, ${clients.errors} of ${clients.requests} requests failed\n` +
      `${ok ? 'WELL' : 'NOT WELL'}: ${why}\n`,
  );
};

try {
  const choice = choose();
  const scene = { runtime: 'exec', interval: choice.interval, retries: true } as const;
  process.exitCode = await onStage(scene, (environment, signal) => play(choice, environment, signal));
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${error instanceof UsageError ? usage : ''}`,
  );
  process.exitCode = error instanceof UsageError ? 64 : 1;
}

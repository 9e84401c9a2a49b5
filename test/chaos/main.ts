/** `scripts/chaos`: every fault on real parts, one after the other; a table of what was expected and what was seen. */
import { parseArgs } from 'node:util';
import { messageOf } from '../../lib/errors.js';
import { dockerSocket } from '../support/docker.js';
import { dockerCrashFleet } from './points/docker-fleet.js';
import { execCrashFleet } from './points/exec-fleet.js';
import { Ground, type GroundOptions } from './points/ground.js';
import { runPoints } from './points/run.js';
import { nothingProven, together } from './proof/index.js';
import { Stages } from './stages.js';
import { proofText, rowText } from './table.js';
import { consulTrials } from './trials/consul.js';
import { leaderTrials } from './trials/leaders.js';
import { playTrial, Scene } from './trials/scene.js';
import type { Row } from './trials/trial.js';

interface Item {
  readonly name: string;
  readonly about: string;
  readonly play: () => Promise<Row>;
}

const stages = new Stages();

/** How much faster the clock of the schedulers goes while they are killed at one call after the other. */
const speed = 6;

const say = (text: string): void => {
  process.stderr.write(`  .. ${text}\n`);
};

interface Healing extends Pick<GroundOptions, 'fleetIn' | 'step' | 'dockerSocket'> {
  readonly name: string;
  readonly healing: string;
}

const exec = { fleetIn: execCrashFleet, dockerSocket: null } as const;
const docker = { fleetIn: dockerCrashFleet('host'), dockerSocket } as const;
const bridged = { fleetIn: dockerCrashFleet('bridge'), dockerSocket } as const;
const gentle = { do: 'gentle', post: '/mend', verify: '2m' } as const;
const restart = { do: 'restart' } as const;
const oldFirst = { do: 'replace', start_new_first: false } as const;
const newFirst = { do: 'replace', start_new_first: true } as const;
const healings: readonly Healing[] = [
  { name: 'points-gentle', healing: 'asks a process to mend itself', step: gentle, ...exec },
  { name: 'points-exec', healing: 'restarts a process', step: restart, ...exec },
  { name: 'points-exec-replace', healing: 'has a process replaced', step: newFirst, ...exec },
  { name: 'points-docker', healing: 'restarts a container', step: restart, ...docker },
  { name: 'points-docker-replace', healing: 'replaces a container', step: oldFirst, ...docker },
  { name: 'points-docker-new-first', healing: 'replaces a container, the new one first', step: newFirst, ...bridged },
];

const points = ({ name, healing, ...ground }: Healing, every: number): Item => ({
  name,
  about: `the scheduler is killed before and after each call that it makes while it ${healing}`,
  play: () =>
    stages.on(
      () => Ground.open({ speed, ...ground }),
      (open) => runPoints(open, { name, healing, every, tell: say }),
    ),
});

/** What could not even be played is a row too. */
const played = async ({ name, about, play }: Item): Promise<Row> => {
  say(name);
  const from = performance.now();
  return play().catch((error: unknown): Row => {
    const wrong = [`it could not be played: ${messageOf(error)}`];
    const took = Math.round((performance.now() - from) / 1000);
    const none = { expected: 'that it can be played', errors: 0, requests: 0, proven: nothingProven, story: [] };
    return { name, fault: about, seen: wrong.join(), ok: false, wrong, seconds: took, ...none };
  });
};

const usage = 'usage: scripts/chaos [--only NAME]... [--every N] [--list] [--json]';

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      every: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const every = Number(values.every);
  if (!Number.isInteger(every) || every < 1) throw new Error(`--every ${values.every}: expected a whole number from 1`);
  const trials = [...leaderTrials, ...consulTrials].map((trial): Item => ({
    name: trial.name,
    about: trial.fault,
    play: () =>
      stages.on(
        () => Scene.open(trial.session),
        (scene) => playTrial(trial, scene),
      ),
  }));
  const all = [...healings.map((healing) => points(healing, every)), ...trials];
  // A whole name is that one, and not those that begin with it.
  const isMeant = (word: string, name: string): boolean =>
    name === word || (name.startsWith(word) && !all.some((item) => item.name === word));
  const unknown = values.only?.find((word) => !all.some(({ name }) => isMeant(word, name)));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is ${all.map(({ name }) => name).join(', ')}`);
  const chosen = all.filter(({ name }) => values.only?.some((word) => isMeant(word, name)) ?? true);
  if (values.list) {
    for (const { name, about } of chosen) process.stdout.write(`${name.padEnd(25)}${about}\n`);
    return 0;
  }
  const rows: Row[] = [];
  for (const item of chosen) {
    const row = await played(item);
    rows.push(row);
    for (const line of row.story) process.stderr.write(`     ${line}\n`);
    if (!values.json) process.stdout.write(`${rowText(row)}\n\n`);
  }
  const proven = together(rows.map((row) => row.proven));
  const ok = rows.every((row) => row.ok);
  process.stdout.write(values.json ? `${JSON.stringify({ ok, rows, proven }, null, 2)}\n` : `${proofText(proven)}\n`);
  return ok ? 0 : 1;
};

for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void stages.clear().finally(() => process.exit(130)));

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n${usage}\n`);
    process.exit(64);
  },
);

/**
 * Plays one whole story without a person: a fault in one instance, and what becomes of it and of the clients.
 * Exit 0: it ended as it should; 1: it did not, or could not be played; 64: usage; 130: interrupted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Environment, RuntimeName } from './environment/index.js';
import type { Load } from './load/load.js';
import { faultOf, instanceOf, intervalOf, oneOf, runtimeOf, UsageError } from './options.js';
import { clientsOf, onStage } from './stage.js';
import type { StoryFault } from './story/endings.js';
import { Story, type Outcome } from './story/story.js';

const usage = `usage: scripts/demo/run --fault FAULT [--instance orders-2] [--runtime exec|docker] [--interval 1s] [--retries on|off] [--connections fresh|kept] [--json]
  FAULT: errors gray latency leak cpu hang crash shared
`;

/** At least; the clients are there while the first scores are made. */
const beforeMs = 5_000;
const afterMs = 2_000;
const deadlineSeconds = 120;

interface Choice {
  readonly fault: StoryFault;
  readonly instance: string;
  readonly runtime: RuntimeName;
  readonly interval: string;
  readonly retries: boolean;
  readonly connections: 'fresh' | 'kept';
  readonly json: boolean;
}

const choose = (): Choice => {
  const option = { type: 'string' } as const;
  const flags = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        fault: option,
        instance: option,
        runtime: option,
        interval: option,
        retries: option,
        connections: option,
        ...flags,
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help || values.fault === undefined) throw new UsageError('which fault?');
  return {
    fault: faultOf(values.fault),
    instance: instanceOf(values.instance ?? 'orders-2'),
    runtime: runtimeOf(values.runtime ?? 'exec'),
    interval: intervalOf(values.interval ?? '1s'),
    retries: oneOf('retries', values.retries ?? 'on', ['on', 'off']) === 'on',
    connections: oneOf('connections', values.connections ?? 'fresh', ['fresh', 'kept']),
    json: values.json ?? false,
  };
};

const play = async (
  choice: Choice,
  environment: Environment,
  signal: AbortSignal,
): Promise<{ load: Load; outcome: Outcome }> => {
  await environment.start();
  const load = clientsOf(environment, choice.connections);
  load.start();
  try {
    await Promise.all([environment.settled(), delay(beforeMs, undefined, { signal })]);
    const member = environment.members.find(({ id }) => id === choice.instance);
    if (!member) throw new Error(`no instance ${choice.instance}`);
    const story = new Story({
      ...{ fault: choice.fault, member, load, environment, signal, deadlineSeconds },
      service: environment.members.filter(({ service }) => service === member.service),
      tell: (at, text) => {
        if (!choice.json) process.stdout.write(`${at.toFixed(1).padStart(6)}s  ${text}\n`);
      },
    });
    const outcome = await story.play();
    load.enter('after');
    await delay(afterMs, undefined, { signal });
    return { load, outcome };
  } finally {
    await load.stop();
  }
};

const report = (choice: Choice, environment: Environment, load: Load, { timeline, ok, why, reloads }: Outcome) => {
  const clients = { before: load.summary('before'), during: load.summary('during'), after: load.summary('after') };
  const { fault, instance, runtime, interval } = choice;
  return {
    ...{ fault, instance, runtime, interval },
    retries: choice.retries ? 'on' : 'off',
    connections: choice.connections,
    overrides: environment.overrides,
    seconds: timeline.seconds,
    clients,
    reloads,
    /** Only a connection to NGINX that breaks can be a reload's doing: what the services do comes as an answer. */
    reloadErrors: load.broken(),
    ok,
    why,
  };
};

const tellEnd = ({ clients, ok, why, reloads, reloadErrors }: ReturnType<typeof report>): void => {
  for (const [window, { requests, errors, errorsGet, errorsPost, p50, p99 }] of Object.entries(clients))
    process.stdout.write(
      `clients ${window.padEnd(6)}  ${requests} requests, ${errors} errors (GET ${errorsGet}, POST ${errorsPost}), p50 ${p50 ?? '-'} ms, p99 ${p99 ?? '-'} ms\n`,
    );
  process.stdout.write(
    `${reloads} reloads, ${reloadErrors} client errors by reloads\n${ok ? 'WELL' : 'NOT WELL'}: ${why}\n`,
  );
};

const main = async (): Promise<number> => {
  const choice = choose();
  return onStage(choice, async (environment, signal) => {
    const { load, outcome } = await play(choice, environment, signal);
    const story = report(choice, environment, load, outcome);
    if (choice.json) process.stdout.write(`${JSON.stringify(story)}\n`);
    else tellEnd(story);
    return story.ok ? 0 : 1;
  });
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${error instanceof UsageError ? usage : ''}`,
  );
  process.exitCode = error instanceof UsageError ? 64 : 1;
}

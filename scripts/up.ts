/** Ballast and its demo fleet until Ctrl-C; or engine and scheduler alone on a configuration of one's own. */
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, headOf } from '../lib/command-line.js';
import { Children } from './demo/environment/children.js';
import { consulAnswers } from './demo/environment/consul.js';
import { ballastProgram, Environment, fleetPorts, forgetState, type Ports } from './demo/environment/index.js';
import { freePorts, preferPort } from './demo/environment/ports.js';
import { Load } from './demo/load/load.js';
import { intervalOf, runtimeOf, UsageError } from './demo/options.js';
import { guide } from './guide.js';

const demand = { perSecond: 200, gets: 0.7, timeoutMs: 10_000, connections: 'fresh' } as const;
const tellEveryMs = 5_000;

const say = (text: string): void => {
  process.stderr.write(`  .. ${text}\n`);
};

const portsOf = async (): Promise<Ports> => {
  const [exporter = 0, ...fleet] = await freePorts(1 + fleetPorts);
  return {
    gateway: await preferPort(8080),
    engine: await preferPort(7070),
    scheduler: await preferPort(7071),
    mark: await preferPort(7072),
    consul: await preferPort(8500),
    exporter,
    fleet,
  };
};

/** What clients see goes by every few seconds, but only when there is something to see. */
const watchClients = async (load: Load, signal: AbortSignal): Promise<void> => {
  for (;;) {
    await delay(tellEveryMs, undefined, { signal });
    const { requests, errors, errorsGet, errorsPost, p99 } = load.take();
    if (errors > 0)
      process.stdout.write(
        `clients: ${errors} of ${requests} requests failed in ${tellEveryMs / 1000} s (GET ${errorsGet}, POST ${errorsPost}), p99 ${p99 ?? '-'} ms\n`,
      );
  }
};

const demo = async (runtime: string, interval: string, stop: AbortController): Promise<void> => {
  const state = await mkdtemp(join(tmpdir(), 'ballast-up-'));
  await chmod(state, 0o755);
  const existing = process.env['CONSUL_HTTP_ADDR'] ?? 'http://127.0.0.1:8500';
  const consul = existing.includes('://') ? existing : `http://${existing}`;
  const environment = new Environment({
    state,
    run: `ballast-up-${process.pid}`,
    runtime: runtimeOf(runtime),
    interval: intervalOf(interval),
    retries: true,
    consul: (await consulAnswers(consul)) ? consul : null,
    ports: await portsOf(),
    progress: say,
    onEnd: (text) => stop.abort(new Error(text)),
    signal: stop.signal,
  });
  let load: Load | null = null;
  let well = false;
  try {
    await environment.start();
    const services = [...new Set(environment.members.map(({ service }) => service))];
    load = new Load({ ...demand, urls: services.map((service) => `${environment.gatewayUrl}/${service}/`) });
    load.start();
    await environment.settled();
    process.stdout.write(guide(environment));
    await watchClients(load, stop.signal);
  } catch (error) {
    well = isInterruption(stop.signal);
    if (!well) throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    say('stopping');
    await load?.stop(0);
    await environment.stop();
    if (well) await forgetState(state);
    else process.stderr.write(`  logs: ${state}\n`);
  }
};

/** Engine and scheduler on a configuration that is already there; their logs go by. */
const own = async (directory: string, stop: AbortController): Promise<void> => {
  const state = await mkdtemp(join(tmpdir(), 'ballast-up-'));
  const children = new Children(state, (text) => stop.abort(new Error(text)));
  for (const name of ['engine', 'scheduler'])
    children.start({
      name,
      binary: process.execPath,
      arguments: [ballastProgram, name, 'run', '--config', directory],
    });
  process.stdout.write(`engine and scheduler run on ${directory}; logs in ${state}; Ctrl-C ends both\n`);
  await new Promise((resolve_) => stop.signal.addEventListener('abort', resolve_, { once: true }));
  const well = isInterruption(stop.signal);
  await children.stopAll();
  if (well) await forgetState(state);
  else throw stop.signal.reason;
};

class Interruption extends Error {}
const isInterruption = (signal: AbortSignal): boolean => signal.reason instanceof Interruption;

const main = async (): Promise<void> => {
  const option = { type: 'string' } as const;
  const values = commandLine(headOf('scripts/up'), { options: { runtime: option, interval: option, config: option } });
  const stop = new AbortController();
  // Each time: a second Ctrl-C must not cut the cleaning up short.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => stop.abort(new Interruption(name)));
  if (values.config !== undefined) await own(resolve(values.config), stop);
  else await demo(values.runtime ?? 'exec', values.interval ?? '1s', stop);
};

try {
  await main();
} catch (error) {
  process.stderr.write(`scripts/up: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 64 : 1;
}

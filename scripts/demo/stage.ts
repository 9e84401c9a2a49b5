/** A demo of its own for one play: brought up, played on and taken down, whatever happens. */
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment, fleetPorts, forgetState, type RuntimeName } from './environment/index.js';
import { freePorts } from './environment/ports.js';
import { Load, type LoadOptions } from './load/load.js';

export interface Scene {
  readonly runtime: RuntimeName;
  readonly interval: string;
  readonly retries: boolean;
}

/** 200 requests a second over all services, 70 % GET; a client gives up after ten seconds. */
const demand = { perSecond: 200, gets: 0.7, timeoutMs: 10_000 } as const;

const say = (text: string): void => {
  process.stderr.write(`  .. ${text}\n`);
};

class Interruption extends Error {}

const newEnvironment = async (scene: Scene, state: string, stop: AbortController): Promise<Environment> => {
  const [gateway = 0, engine = 0, scheduler = 0, mark = 0, exporter = 0, consul = 0, ...fleet] = await freePorts(
    6 + fleetPorts,
  );
  return new Environment({
    ...scene,
    state,
    run: `ballast-demo-${process.pid}-${Date.now().toString(36)}`,
    consul: null,
    ports: { gateway, engine, scheduler, mark, exporter, consul, fleet },
    progress: say,
    onEnd: (text) => stop.abort(new Error(text)),
    signal: stop.signal,
  });
};

/** The load of the demo's clients on all its services, not started yet. */
export const clientsOf = (environment: Environment, connections: LoadOptions['connections'] = 'fresh'): Load =>
  new Load({
    ...demand,
    connections,
    urls: [...new Set(environment.members.map(({ service }) => `${environment.gatewayUrl}/${service}/`))],
  });

/**
 * Plays on an environment that is being brought up; `play` says by its exit status how it ended. 0: the logs are removed;
 * 1: not well, or it could not be played; 130: interrupted.
 */
export const onStage = async (
  scene: Scene,
  play: (environment: Environment, signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => stop.abort(new Interruption(`interrupted by ${name}`)));
  const state = await mkdtemp(join(tmpdir(), 'ballast-demo-'));
  // NGINX's workers are somebody else.
  await chmod(state, 0o755);
  const environment = await newEnvironment(scene, state, stop);
  const status = await play(environment, stop.signal)
    .catch((error: unknown) => {
      const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
      process.stderr.write(`it could not be played: ${reason instanceof Error ? reason.message : String(reason)}\n`);
      return reason instanceof Interruption ? 130 : 1;
    })
    .finally(() => environment.stop());
  if (status === 0) await forgetState(state);
  else process.stderr.write(`  logs: ${state}\n`);
  return status;
};

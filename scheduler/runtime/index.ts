import Docker from 'dockerode';
import type { RuntimePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { DockerRuntime } from './docker.js';
import { ExecRuntime } from './exec.js';
import type { Runtime } from './types.js';

export type * from './types.js';

export interface RuntimesOptions {
  readonly dockerSocket: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A runtime for each service's policy; null: the policy names none. Nothing is asked or opened before it is needed. */
export const createRuntimes = ({
  dockerSocket,
  clock,
  log,
}: RuntimesOptions): ((policy: RuntimePolicy) => Runtime | null) => {
  const docker = new Docker({ socketPath: dockerSocket });
  return (policy) => {
    switch (policy.kind) {
      case 'none':
        return null;
      case 'docker':
        return logged(new DockerRuntime(docker, policy, clock), log);
      case 'exec':
        return logged(new ExecRuntime(policy, clock), log);
    }
  };
};

/** Every step leaves a line, whatever becomes of it. */
const logged = (runtime: Runtime, log: Log): Runtime => ({
  find: (target, signal) => runtime.find(target, signal),
  restart: async (target, identity, options, signal) => {
    const about = { service: target.service, instance: target.entry.id, identity };
    log.info(about, 'the runtime is told to restart an instance');
    const result = await runtime.restart(target, identity, options, signal);
    log[result.kind === 'failed' ? 'error' : 'info']({ ...about, result }, 'the runtime has answered');
    return result;
  },
});

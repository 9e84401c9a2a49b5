import Docker from 'dockerode';
import type { RuntimePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { DockerRuntime } from './docker.js';
import { ExecRuntime } from './exec.js';
import { askGently } from './gentle.js';
import type { Place, Runtime, RuntimeTarget } from './types.js';
import type { Identity, Step } from '../client/index.js';
import type { StepResult } from '../model.js';

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
const logged = (place: Place, log: Log): Runtime => {
  const told = async (
    step: Step,
    { service, entry }: RuntimeTarget,
    identity: Identity,
    act: () => Promise<StepResult>,
  ) => {
    const about = { service, instance: entry.id, step, identity };
    log.info(about, 'the runtime is told to heal an instance');
    const result = await act();
    log[result.kind === 'failed' ? 'error' : 'info']({ ...about, result }, 'the runtime has answered');
    return result;
  };
  return {
    find: (target, signal) => place.find(target, signal),
    gentle: (target, identity, request, options, signal) =>
      told('gentle', target, identity, () => askGently(place, target, identity, request, options, signal)),
    restart: (target, identity, options, signal) =>
      told('restart', target, identity, () => place.restart(target, identity, options, signal)),
    replace: (target, identity, options, signal) =>
      told('replace', target, identity, () => place.replace(target, identity, options, signal)),
    tidy: async (target, replaced, options, signal) => {
      const result = await place.tidy(target, replaced, options, signal);
      const about = { service: target.service, instance: target.entry.id, action: replaced.id, result };
      if (result.kind !== 'nothing')
        log[result.kind === 'failed' ? 'error' : 'info'](about, 'what a replacement left behind was seen to');
      return result;
    },
  };
};

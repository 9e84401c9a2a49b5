/** What an incarnation heals by: fakes where nothing but an order of calls counts, and Docker's own runtime on a fake engine. */
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../../lib/errors.js';
import type { RuntimeFact } from '../../../scheduler/model.js';
import { DockerRuntime } from '../../../scheduler/runtime/docker.js';
import { notBegun, type Runtime } from '../../../scheduler/runtime/types.js';
import type { FakeDocker } from '../../fakes/docker.js';
import type { Fate } from './fate.js';
import { type CrashWorld, label } from './world.js';

const unreadable = (world: CrashWorld) => (): Promise<RuntimeFact> =>
  Promise.resolve({ kind: 'unreadable', why: 'timed out', at: world.clock.now() });

const nobodyAsks = (): Promise<never> => Promise.reject(new Error('nobody asks'));

export const runtimeOf = (world: CrashWorld, fate: Fate): Runtime =>
  world.docker ? replacing(world, world.docker, fate) : plain(world, fate);

/** The restart stops, then starts, as the one for Docker: between its calls anything may happen. */
const plain = (world: CrashWorld, fate: Fate): Runtime => ({
  find: (target) => fate.meet('find', () => world.find(target), unreadable(world)),
  replace: nobodyAsks,
  tidy: nobodyAsks,
  gentle: async ({ entry: { id } }, identity, _request, { still }) => {
    try {
      const now = await fate.meet('inspect', () => Promise.resolve(world.identity(id)));
      if (!isDeepStrictEqual(now, identity)) return { kind: 'look-again', text: 'another process by now' };
      if (!still()) return notBegun;
      await fate.meet('ask', () => world.ask(id));
      return { kind: 'done', text: 'answered 200' };
    } catch (error) {
      return { kind: 'failed', text: messageOf(error) };
    }
  },
  restart: async ({ entry: { id } }, identity, { still }) => {
    try {
      const now = await fate.meet('inspect', () => Promise.resolve(world.identity(id)));
      if (!isDeepStrictEqual(now, identity)) return { kind: 'look-again', text: 'another process by now' };
      if (!still()) return notBegun;
      await fate.meet('stop', () => world.stop(id));
      const started = await fate.meet('start', () => world.start(id));
      return started ? { kind: 'done', text: 'restarted' } : { kind: 'look-again', text: 'it runs already' };
    } catch (error) {
      return { kind: 'failed', text: messageOf(error) };
    }
  },
});

/** `find` is one call here; what a replacement asks of the daemon are many, each of which may be the last. */
const replacing = (world: CrashWorld, docker: FakeDocker, fate: Fate): Runtime => {
  const runtimeOn = (api: ReturnType<FakeDocker['api']>) =>
    new DockerRuntime(api, { kind: 'docker', label }, world.clock);
  const [looks, acts] = [runtimeOn(docker.api()), runtimeOn(docker.api((name, call) => fate.meet(name, call)))];
  return {
    find: (target, signal) => fate.meet('find', () => looks.find(target, signal), unreadable(world)),
    gentle: nobodyAsks,
    restart: nobodyAsks,
    replace: (...words) => acts.replace(...words),
    tidy: (...words) => acts.tidy(...words),
  };
};

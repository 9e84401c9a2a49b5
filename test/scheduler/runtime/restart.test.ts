/** Restarts on a Docker Engine that misbehaves as a real one cannot be made to. */
import { expect } from 'chai';
import { DockerRuntime } from '../../../scheduler/runtime/docker.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeDocker, type Meet } from '../../fakes/docker.js';
import { entryOf, never, still, targetOf } from './helpers.js';

const policy = { kind: 'docker', label: 'ballast.instance' } as const;
const second = 1_000;

describe('restarting a container whose stop goes wrong', () => {
  const stage = async (stop: Meet) => {
    const clock = new VirtualClock();
    const docker = new FakeDocker(clock, { onStart: () => undefined, onStop: () => undefined });
    const { id } = docker.create({ name: 'orders-1', Labels: { 'ballast.instance': 'orders-1' } });
    const started = docker.start(id);
    await clock.advance(second);
    await started;
    const meet: Meet = (name, call) => (name === 'stop' ? stop(name, call) : call());
    const runtime = new DockerRuntime(docker.api(meet), policy, clock);
    const { State } = await docker.api().getContainer(id).inspect();
    const identity = { kind: 'docker', containerId: id, startedAt: State.StartedAt } as const;
    const target = targetOf(policy, entryOf('orders-1', '172.17.0.2', 80));
    const restart = (signal = never) =>
      runtime.restart(target, identity, { action: 'a', graceMs: 10 * second, still }, signal);
    return { clock, docker, restart };
  };
  const lost = (): Error => new Error('socket hang up');

  it('starts it where the stop comes though nobody answered', async () => {
    const { clock, docker, restart } = await stage((_name, call) => {
      void call();
      return Promise.reject(lost());
    });
    const ended = restart();
    await clock.advance(3 * second);
    expect((await ended).kind).to.equal('done');
    expect(docker.names()).to.deep.equal(['orders-1 running']);
  });

  it('starts it where it had stopped by itself just before', async () => {
    const { clock, docker, restart } = await stage(async (_name, call) => {
      await call();
      return call();
    });
    const ended = restart();
    await clock.advance(3 * second);
    expect((await ended).kind).to.equal('done');
    expect(docker.names()).to.deep.equal(['orders-1 running']);
  });

  it('says that it runs on where the daemon refuses', async () => {
    const refused = Object.assign(new Error('no space left'), { statusCode: 500 });
    const { docker, restart } = await stage(() => Promise.reject(refused));
    const { kind, text } = await restart();
    expect(kind).to.equal('failed');
    expect(text).to.match(/could not be stopped, and runs on: no space left/);
    expect(docker.names()).to.deep.equal(['orders-1 running']);
  });

  it('says that it may yet stop where it is called off before anybody knows', async () => {
    const { clock, restart } = await stage(() => Promise.reject(lost()));
    const off = new AbortController();
    const ended = restart(off.signal);
    await clock.advance(5 * second);
    off.abort(new Error('called off after 39 s: its time was over'));
    await clock.advance(second);
    const { kind, text } = await ended;
    expect(kind).to.equal('failed');
    expect(text).to.match(/was told to stop, and may do so yet: called off after 39 s: its time was over$/);
  });
});

/** Against a real Docker Engine. */
import { expect } from 'chai';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { systemClock } from '../../../lib/clock.js';
import { createLog } from '../../../lib/log.js';
import type { Identity } from '../../../scheduler/client/index.js';
import type { CatalogEntry, RuntimeFact } from '../../../scheduler/model.js';
import { createRuntimes, type Runtime } from '../../../scheduler/runtime/index.js';
import { dockerSocket, startDocker, type TestDocker } from '../../support/docker.js';
import { eventually } from '../../support/eventually.js';
import { needs } from '../../support/parts.js';
import { freePort } from '../../support/ports.js';
import { entryOf, never, still, targetOf } from './helpers.js';

const log = createLog({ level: 'silent', name: 'test' });
const label = 'ballast.test.instance';
const policy = { kind: 'docker', label } as const;
const labelled = (id: string): Docker.ContainerCreateOptions => ({ Labels: { [label]: id } });

const runtimeAt = (socket: string): Runtime => {
  const runtime = createRuntimes({ dockerSocket: socket, clock: systemClock, log })(policy);
  if (!runtime) throw new Error('a runtime');
  return runtime;
};

describe('runtime: a real Docker Engine', function () {
  this.timeout(60_000);
  let docker: TestDocker;
  const runtime = runtimeAt(dockerSocket);
  before(async function () {
    needs(this, 'docker');
    docker = await startDocker();
  });
  afterEach(() => docker.clear());
  after(() => docker?.stop());

  const find = (entry: CatalogEntry): Promise<RuntimeFact> => runtime.find(targetOf(policy, entry), never);
  const found = async (entry: CatalogEntry): Promise<Extract<RuntimeFact, { kind: 'one' }>> => {
    const fact = await find(entry);
    if (fact.kind !== 'one') throw new Error(`${fact.kind}: ${fact.why}`);
    return fact;
  };
  const restart = (entry: CatalogEntry, identity: Identity, graceMs = 1_000, mayAct = still) =>
    runtime.restart(targetOf(policy, entry), identity, { action: 'a-1', graceMs, still: mayAct }, never);
  const state = async (container: Docker.Container) => (await container.inspect()).State;
  const addressOf = async (container: Docker.Container): Promise<string> =>
    Object.values((await container.inspect()).NetworkSettings.Networks)[0]?.IPAddress ?? '';
  /** On the host's network, at a free port. */
  const onHost = async (id: string, more: Docker.HostConfig = {}, behaviour = 'polite') => {
    const port = await freePort();
    const container = await docker.run({
      ...labelled(id),
      Cmd: ['main.js', String(port), behaviour],
      HostConfig: { NetworkMode: 'host', ...more },
    });
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}`)).ok);
    return { container, entry: entryOf(id, '127.0.0.1', port) };
  };

  describe('find', () => {
    it('knows a container by its own address', async () => {
      const container = await docker.run(labelled('net-1'));
      const fact = await found(entryOf('net-1', await addressOf(container), 8080));
      const { Id, State } = await container.inspect();
      expect(fact).to.deep.include({
        running: true,
        identity: { kind: 'docker', containerId: Id, startedAt: State.StartedAt },
      });
    });

    it('knows a container by a published port, running and stopped', async () => {
      const port = await freePort();
      const container = await docker.run({
        ...labelled('pub-1'),
        ExposedPorts: { '8080/tcp': {} },
        HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
      });
      const entry = entryOf('pub-1', '127.0.0.1', port);
      expect((await found(entry)).running).to.equal(true);
      expect((await find({ ...entry, port: port === 65_535 ? port - 1 : port + 1 })).kind).to.equal('none');
      await container.kill();
      expect((await found(entry)).running).to.equal(false);
    });

    it('finds nothing under a label that nobody has, at another address, or on another host', async () => {
      const container = await docker.run(labelled('net-2'));
      const address = await addressOf(container);
      expect((await find(entryOf('net-3', address, 8080))).kind).to.equal('none');
      expect((await find(entryOf('net-2', '192.0.2.7', 8080))).kind).to.equal('none');
      const elsewhere = await find(entryOf('net-2', address, 8080, { name: 'there', address: '192.0.2.1' }));
      expect(elsewhere).to.deep.include({ kind: 'none', why: 'its node there (192.0.2.1) is not this host' });
    });

    it('does not choose between two', async () => {
      const { entry } = await onHost('twin-1');
      await onHost('twin-1');
      const fact = await find(entry);
      expect(fact.kind).to.equal('ambiguous');
      expect(fact.kind === 'ambiguous' && fact.why).to.match(/2 containers are twin-1 at 127\.0\.0\.1:\d+/);
    });

    it('says that it cannot know, when the daemon does not answer', async () => {
      const fact = await runtimeAt('/nowhere/docker.sock').find(targetOf(policy, entryOf('a', '127.0.0.1', 1)), never);
      expect(fact.kind).to.equal('unreadable');
      expect(fact.kind === 'unreadable' && fact.why).to.contain('/nowhere/docker.sock');
    });
  });

  describe('restart', () => {
    it('stops and starts exactly that container: a new identity under the same id', async () => {
      const { container, entry } = await onHost('one-1');
      const before = await found(entry);
      const result = await restart(entry, before.identity);
      expect(result).to.deep.equal({
        kind: 'done',
        text: `container ${container.id.slice(0, 12)} stopped and started`,
      });
      const after = await found(entry);
      expect(after.running).to.equal(true);
      expect(after.identity).to.not.deep.equal(before.identity);
      expect(after.identity).to.include({ containerId: container.id });
    });

    it('asks with SIGTERM, waits for the grace, then kills', async () => {
      const { container, entry } = await onHost('stubborn-1', {}, 'stubborn');
      const events = await docker.docker.getEvents({ filters: { container: [container.id], type: ['container'] } });
      const seen: string[] = [];
      events.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
          const event = JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } };
          seen.push([event.Action, event.Actor.Attributes['signal'] ?? event.Actor.Attributes['exitCode']].filter(Boolean).join(' ')); // prettier-ignore
        }
      });
      try {
        expect((await restart(entry, (await found(entry)).identity)).kind).to.equal('done');
        await eventually(() => seen.includes('start'));
      } finally {
        events.removeAllListeners();
        (events as Readable).destroy();
      }
      expect(seen).to.deep.equal(['kill 15', 'kill 9', 'die 137', 'stop', 'start']);
    });

    it('starts one that is stopped', async () => {
      const { container, entry } = await onHost('dead-1');
      await container.kill();
      const before = await found(entry);
      expect(before.running).to.equal(false);
      expect(await restart(entry, before.identity)).to.deep.include({ kind: 'done', text: `container ${container.id.slice(0, 12)} started` }); // prettier-ignore
      expect((await state(container)).Running).to.equal(true);
    });

    it('never restarts twice: the second with the old identity only looks again', async () => {
      const { container, entry } = await onHost('twice-1');
      const { identity } = await found(entry);
      await restart(entry, identity);
      const { StartedAt } = await state(container);
      const second = await restart(entry, identity);
      expect(second.kind).to.equal('look-again');
      expect((await state(container)).StartedAt).to.equal(StartedAt);
    });

    it('stops nothing when the lock may have gone while it looked', async () => {
      const { container, entry } = await onHost('late-1');
      const { identity } = await found(entry);
      const { StartedAt } = await state(container);
      expect((await restart(entry, identity, 1_000, () => false)).text).to.match(/^not begun/);
      expect(await state(container)).to.include({ StartedAt, Running: true });
    });

    it('looks again when the container is gone', async () => {
      const { container, entry } = await onHost('gone-1');
      const { identity } = await found(entry);
      await container.remove({ force: true });
      expect((await restart(entry, identity)).kind).to.equal('look-again');
    });

    it('does not stop a container that stopping would remove', async () => {
      const { container, entry } = await onHost('rm-1', { AutoRemove: true });
      const result = await restart(entry, (await found(entry)).identity);
      expect(result.kind).to.equal('failed');
      expect(result.text).to.contain('--rm');
      expect((await state(container)).Running).to.equal(true);
    });

    it('says so when it can be stopped but not started again', async () => {
      const port = await freePort();
      const atPort: Docker.ContainerCreateOptions = {
        ...labelled('port-1'),
        ExposedPorts: { '8080/tcp': {} },
        HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
      };
      const container = await docker.run(atPort);
      await container.stop({ t: 1 });
      const entry = entryOf('port-1', '127.0.0.1', port);
      const { identity } = await found(entry);
      await docker.run({ ...atPort, Labels: {} });
      const result = await restart(entry, identity);
      expect(result.kind).to.equal('failed');
      expect(result.text).to.contain('is stopped and could not be started').and.to.contain(String(port));
    });

    it('fails with words when the daemon does not answer', async () => {
      const identity = { kind: 'docker', containerId: 'a'.repeat(64), startedAt: 'x' } as const;
      const result = await runtimeAt('/nowhere/docker.sock').restart(targetOf(policy, entryOf('a', '127.0.0.1', 1)), identity, { action: 'a-1', graceMs: 1_000, still }, never); // prettier-ignore
      expect(result.kind).to.equal('failed');
      expect(result.text).to.contain('/nowhere/docker.sock');
    });

    it('rejects when it is called off, and starts nothing then', async () => {
      const { container, entry } = await onHost('off-1', {}, 'stubborn');
      const { identity } = await found(entry);
      const off = new AbortController();
      const restarting = runtime.restart(
        targetOf(policy, entry),
        identity,
        { action: 'a-1', graceMs: 20_000, still },
        off.signal,
      );
      const outcome = restarting.then(
        () => 'resolved',
        () => 'rejected',
      );
      off.abort();
      expect(await outcome).to.equal('rejected');
      expect((await state(container)).StartedAt).to.equal(identity.kind === 'docker' ? identity.startedAt : null);
    });
  });

  /** What the engine does by itself, on which the order of our calls rests. */
  describe('restart policies', () => {
    const always = { RestartPolicy: { Name: 'always' } };
    const comesBack = (container: Docker.Container, since: string): Promise<unknown> =>
      eventually(async () => {
        const { Running, StartedAt } = await state(container);
        return Running && StartedAt !== since;
      });

    it('a process that dies comes back by its policy', async () => {
      const { container } = await onHost('policy-1', always);
      const { Pid, StartedAt } = await state(container);
      process.kill(Pid, 'SIGKILL');
      await comesBack(container, StartedAt);
    });

    for (const [how, end] of [
      ['stop', (container: Docker.Container) => container.stop({ t: 1 })],
      ['kill', (container: Docker.Container) => container.kill()],
    ] as const) {
      it(`after ${how} through the API no policy brings it back, and our restart does, with its policy`, async () => {
        const { container, entry } = await onHost(`policy-${how}`, always);
        await end(container);
        const watched = performance.now();
        await eventually(async () => {
          expect((await state(container)).Running).to.equal(false);
          return performance.now() - watched > 1_000;
        });
        expect((await restart(entry, (await found(entry)).identity)).kind).to.equal('done');
        const { Pid, StartedAt } = await state(container);
        process.kill(Pid, 'SIGKILL');
        await comesBack(container, StartedAt);
      });
    }

    it('keeps the policy in force through our restart', async () => {
      const { container, entry } = await onHost('policy-ours', always);
      expect((await restart(entry, (await found(entry)).identity)).kind).to.equal('done');
      const { Pid, StartedAt } = await state(container);
      process.kill(Pid, 'SIGKILL');
      await comesBack(container, StartedAt);
    });
  });
});

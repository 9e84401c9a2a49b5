/** Another container in the place of one, on a real Docker Engine. */
import { expect } from 'chai';
import type Docker from 'dockerode';
import { systemClock } from '../../../lib/clock.js';
import type { Action, Identity } from '../../../scheduler/client/index.js';
import type { CatalogEntry } from '../../../scheduler/model.js';
import { DockerRuntime } from '../../../scheduler/runtime/docker.js';
import { startDocker, type TestDocker } from '../../support/docker.js';
import { needs } from '../../support/parts.js';
import { freePort } from '../../support/ports.js';
import { entryOf, never, targetOf } from './helpers.js';

const label = 'ballast.test.instance';
const policy = { kind: 'docker', label } as const;

/** A daemon to whom the nth call of a kind is the last: nothing after it arrives. */
const dyingAt = (docker: Docker, last: string): Docker => {
  let dead = false;
  const guard = <T extends object>(target: T, calls: Readonly<Record<string, string>>): T =>
    new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          if (dead) throw new Error('this scheduler is dead');
          const made: unknown = Reflect.apply(value, of, given);
          if (name === 'getContainer') return guard(made as object, { start: 'start', stop: 'stop', remove: 'remove', rename: 'rename', update: 'update' }); // prettier-ignore
          if (calls[String(name)] !== last) return made;
          return Promise.resolve(made).then(() => {
            dead = true;
            throw new Error('this scheduler is dead');
          });
        };
      },
    });
  return guard(docker, { createContainer: 'create' });
};

describe('replacing a container, on a real Docker Engine', function () {
  this.timeout(120_000);
  let docker: TestDocker;
  before(async function () {
    needs(this, 'docker');
    docker = await startDocker();
  });
  afterEach(async () => {
    if (!docker) return;
    for (const { Id } of await all()) await docker.docker.getContainer(Id).remove({ force: true, v: true });
    await docker.clear();
  });
  after(() => docker?.stop());

  const all = () => docker.docker.listContainers({ all: true, filters: { label: [label] } });
  const names = async (): Promise<string[]> =>
    (await all()).map(({ Names, State }) => `${(Names[0] ?? '').replace(/^\/|-(?:kept|next)-[0-9a-f]{8}$/g, (found) => found.replace(/-[0-9a-f]{8}$/, '').replace('/', ''))} ${State}`).sort(); // prettier-ignore
  const action = 'shop/web-1/1';
  let counter = 0;

  interface Started {
    readonly entry: CatalogEntry;
    readonly container: Docker.Container;
    readonly name: string;
  }
  const web = async (more: Docker.ContainerCreateOptions = {}, id = 'web-1'): Promise<Started> => {
    const name = `ballast-test-${process.pid}-${++counter}`;
    const container = await docker.run({ Labels: { [label]: id, 'com.example': 'kept' }, name, Env: ['COLOUR=blue'], ...more }); // prettier-ignore
    const info = await container.inspect();
    const address = Object.values(info.NetworkSettings.Networks)[0]?.IPAddress || '127.0.0.1';
    return { entry: entryOf(id, address, 8080), container, name };
  };
  /** At a port of this host: two of it cannot run. */
  const published = async (more: Docker.HostConfig = {}): Promise<Started> => {
    const port = await freePort();
    const PortBindings = { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] };
    const started = await web({ ExposedPorts: { '8080/tcp': {} }, HostConfig: { PortBindings, ...more } });
    return { ...started, entry: entryOf('web-1', '127.0.0.1', port) };
  };

  const runtime = (through: Docker = docker.docker): DockerRuntime => new DockerRuntime(through, policy, systemClock);
  const identityOf = async (entry: CatalogEntry): Promise<Extract<Identity, { kind: 'docker' }>> => {
    const fact = await runtime().find(targetOf(policy, entry), never);
    if (fact.kind !== 'one' || fact.identity.kind !== 'docker') throw new Error(JSON.stringify(fact));
    return fact.identity;
  };
  const replace = (
    entry: CatalogEntry,
    identity: Identity,
    startNewFirst: boolean,
    through?: Docker,
    still = () => true,
  ) =>
    runtime(through).replace(
      targetOf(policy, entry),
      identity,
      { action, graceMs: 1_000, still, startNewFirst },
      never,
    );
  const tidy = (entry: CatalogEntry, identity: Identity, outcome: Action['outcome'], through?: Docker) =>
    runtime(through).tidy(targetOf(policy, entry), { id: action, identity, outcome }, { graceMs: 1_000, still: () => true }, never); // prettier-ignore
  /** Whoever runs registers itself, where it is now. */
  const registered = async (entry: CatalogEntry): Promise<CatalogEntry> => {
    const [running] = (await all()).filter(({ State }) => State === 'running');
    const networks = Object.values((await inspect(running?.Id ?? '')).NetworkSettings.Networks);
    const address = networks[0]?.IPAddress;
    return address && !entry.address.startsWith('127.') ? { ...entry, address } : entry;
  };
  const inspect = (id: string) => docker.docker.getContainer(id).inspect();

  it('starts the new one first where both may run; keeps the old one, stopped, until it is verified', async () => {
    const { entry, name, container } = await web({ HostConfig: { RestartPolicy: { Name: 'always' } } });
    const before = await identityOf(entry);
    expect((await replace(entry, before, true)).text).to.match(/in the place of .* which is kept, stopped/);
    expect(await names()).to.deep.equal([`${name} running`, `${name}-kept exited`]);
    const after = await identityOf(entry);
    expect(after.containerId).not.to.equal(before.containerId);
    const [old, next] = [await container.inspect(), await inspect(after.containerId)];
    expect(next.Config.Env).to.include('COLOUR=blue');
    expect(next.Config.Labels).to.include({ [label]: 'web-1', 'com.example': 'kept' });
    expect(next.Config.Image).to.equal(docker.image);
    expect(next.HostConfig.RestartPolicy?.Name).to.equal('always');
    expect(old.HostConfig.RestartPolicy?.Name, 'a restart of the daemon does not bring it back').to.equal('no');
    expect(Date.parse(next.State.StartedAt)).to.be.lessThan(Date.parse(old.State.FinishedAt));

    expect((await tidy(entry, before, 'inconclusive')).kind).to.equal('nothing');
    expect((await tidy(entry, before, 'verified')).kind).to.equal('removed');
    expect(await names()).to.deep.equal([`${name} running`]);
    expect((await tidy(entry, before, 'verified')).kind, 'as often as wanted').to.equal('nothing');
    expect(await identityOf(await registered(entry))).to.deep.equal(after);
  });

  it('takes it back where it was not verified: the old one runs again under its name, with its policy', async () => {
    const { entry, name, container } = await web({ HostConfig: { RestartPolicy: { Name: 'always' } } });
    const before = await identityOf(entry);
    await replace(entry, before, true);
    expect((await tidy(entry, before, 'not-verified')).kind).to.equal('undone');
    expect(await names()).to.deep.equal([`${name} running`]);
    const old = await container.inspect();
    expect([old.State.Running, old.HostConfig.RestartPolicy?.Name]).to.deep.equal([true, 'always']);
    expect((await identityOf(await registered(entry))).containerId).to.equal(before.containerId);
    expect((await tidy(entry, before, 'not-verified')).kind).to.equal('nothing');
  });

  for (const [why, more] of [
    ['a fixed port', {}],
    ['the network of the host', { NetworkMode: 'host', PortBindings: {} }],
  ] as const)
    it(`stops the old one first because of ${why}, though the new one should come first`, async () => {
      const host = why !== 'a fixed port';
      const { entry, name, container } = host
        ? {
            ...(await web({ HostConfig: more, Cmd: ['main.js', String(await freePort())] })),
            entry: entryOf('web-1', '127.0.0.1', 8080),
          }
        : await published(more);
      const before = await identityOf(entry);
      expect((await replace(entry, before, true)).kind).to.equal('done');
      const after = await identityOf(entry);
      const [old, next] = [await container.inspect(), await inspect(after.containerId)];
      expect(Date.parse(next.State.StartedAt)).to.be.greaterThan(Date.parse(old.State.FinishedAt));
      expect(await names()).to.deep.equal([`${name} running`, `${name}-kept exited`]);
      expect((await tidy(entry, before, 'not-verified')).kind).to.equal('undone');
      expect((await identityOf(await registered(entry))).containerId).to.equal(before.containerId);
    });

  it('brings the old one back at once where the new one cannot be started', async () => {
    const { entry, name, container } = await published();
    const before = await identityOf(entry);
    const squatter = new Proxy(docker.docker, {
      get: (of, key) =>
        key === 'createContainer'
          ? (options: Docker.ContainerCreateOptions) => of.createContainer({ ...options, Cmd: ['main.js'], Entrypoint: ['/no/such/program'] }) // prettier-ignore
          : (Reflect.get(of, key) as unknown),
    });
    const result = await replace(entry, before, false, squatter);
    expect(result.kind).to.equal('failed');
    expect(result.text).to.match(/could not be started: .*no\/such\/program.*; the old one was started again/s);
    expect(await names()).to.deep.equal([`${name} running`]);
    expect((await container.inspect()).State.Running).to.equal(true);
  });

  it('does not touch the old one where the new one, started first, ends at once', async () => {
    const { entry, name, container } = await web();
    const before = await identityOf(entry);
    const ending = new Proxy(docker.docker, {
      get: (of, key) =>
        key === 'createContainer'
          ? (options: Docker.ContainerCreateOptions) =>
              of.createContainer({ ...options, Cmd: ['-e', 'process.exit(3)'] })
          : (Reflect.get(of, key) as unknown),
    });
    const result = await replace(entry, before, true, ending);
    expect(result.text).to.equal('the new container ended at once with exit code 3; the old one was not touched');
    expect((await container.inspect()).State.StartedAt).to.equal(before.startedAt);
    expect(await names()).to.deep.equal([`${name} running`]);
  });

  /** A daemon that does all but one call to a container. */
  const deafTo = (refused: string, text: string): Docker =>
    new Proxy(docker.docker, {
      get: (of, key) =>
        key === 'getContainer'
          ? (id: string) =>
              new Proxy(of.getContainer(id), {
                get: (container, call) =>
                  call === refused ? () => Promise.reject(new Error(text)) : (Reflect.get(container, call) as unknown),
              })
          : (Reflect.get(of, key) as unknown),
    });

  it('starts nothing where the old one cannot be stopped', async () => {
    const { entry, name } = await published();
    const before = await identityOf(entry);
    const deaf = deafTo('stop', 'tried to kill container, but did not receive an exit event');
    const result = await replace(entry, before, false, deaf);
    expect(result.text).to.match(/could not be stopped: .*exit event; nothing takes its place/);
    expect(await names()).to.deep.equal([`${name} running`]);
  });

  it('starts the old one again where nothing keeps it from coming back by itself later', async () => {
    const { entry, name, container } = await published({ RestartPolicy: { Name: 'always' } });
    const before = await identityOf(entry);
    const result = await replace(entry, before, false, deafTo('update', 'not supported'));
    expect(result.kind).to.equal('failed');
    expect(result.text).to.match(
      /could not be told to stay stopped: not supported; it was started again; nothing takes/,
    );
    expect(await names()).to.deep.equal([`${name} running`]);
    expect((await container.inspect()).HostConfig.RestartPolicy).to.include({ Name: 'always' });
  });

  it('refuses what it could not keep, another process, and a lock that may have gone', async () => {
    const { entry } = await web({ HostConfig: { AutoRemove: true } });
    const identity = await identityOf(entry);
    const fact = await runtime().find(targetOf(policy, entry), never);
    expect(fact).to.have.property('unable').that.has.keys('restart', 'replace');
    expect((await replace(entry, identity, true)).text).to.contain('--rm');
    const other = await web({}, 'web-2');
    const its = await identityOf(other.entry);
    expect((await replace(other.entry, { ...its, startedAt: 'earlier' }, true)).kind).to.equal('look-again');
    expect((await replace(other.entry, its, true, undefined, () => false)).text).to.match(/^not begun/);
    expect(await all()).to.have.length(2);
  });

  it('carries networks with their aliases, and volumes that nobody named', async () => {
    const network = await docker.docker.createNetwork({ Name: `ballast-test-${process.pid}` });
    const second = await docker.docker.createNetwork({ Name: `ballast-test-${process.pid}-b` });
    try {
      const { entry, container } = await web({
        Volumes: { '/data': {} },
        HostConfig: { NetworkMode: `ballast-test-${process.pid}` },
        NetworkingConfig: { EndpointsConfig: { [`ballast-test-${process.pid}`]: { Aliases: ['web'] } } },
      });
      await second.connect({ Container: container.id, EndpointConfig: { Aliases: ['web-b'] } });
      const before = await identityOf(entry);
      expect((await replace(entry, before, true)).kind).to.equal('done');
      const next = await inspect((await identityOf(entry)).containerId);
      const old = await container.inspect();
      expect(Object.keys(next.NetworkSettings.Networks).sort()).to.deep.equal(Object.keys(old.NetworkSettings.Networks).sort()); // prettier-ignore
      const aliases = (name: string): unknown => next.NetworkSettings.Networks[name]?.Aliases;
      expect(aliases(`ballast-test-${process.pid}`))
        .to.include('web')
        .and.not.include(old.Id.slice(0, 12));
      expect(aliases(`ballast-test-${process.pid}-b`)).to.include('web-b');
      expect(next.Mounts.map(({ Name }) => Name)).to.deep.equal(old.Mounts.map(({ Name }) => Name));
    } finally {
      for (const { Id } of await all()) await docker.docker.getContainer(Id).remove({ force: true, v: true });
      await network.remove();
      await second.remove();
    }
  });

  describe('killed after a call, and gone on by the next leader', () => {
    for (const startNewFirst of [true, false])
      for (const last of ['create', 'start', 'stop', 'update', 'rename'])
        it(`${startNewFirst ? 'long: ' : ''}${last}, the ${startNewFirst ? 'new' : 'old'} one first`, async () => {
          const { entry, name } = await web({ HostConfig: { RestartPolicy: { Name: 'always' } } });
          const before = await identityOf(entry);
          await replace(entry, before, startNewFirst, dyingAt(docker.docker, last)).catch(() => undefined);
          // Whoever comes after looks, and does the step again where nothing new is there.
          const fact = await runtime().find(targetOf(policy, entry), never);
          if (fact.kind !== 'one') throw new Error(`${fact.kind}: ${fact.why}`);
          const isNew = JSON.stringify(fact.identity) !== JSON.stringify(before);
          if (!isNew) expect((await replace(entry, before, startNewFirst)).kind).to.equal('done');
          const after = await identityOf(entry);
          expect(after.containerId).not.to.equal(before.containerId);
          expect((await inspect(after.containerId)).State.Running).to.equal(true);
          await tidy(entry, before, 'verified');
          expect(await names()).to.deep.equal([`${name} running`]);
          expect(await identityOf(await registered(entry))).to.deep.equal(after);
        });

    for (const [last, when] of [
      ['create', 'long: '],
      ['start', ''],
      ['stop', ''],
      ['rename', 'long: '],
      ['remove', 'long: '],
    ])
      it(`${when}${last}, and given up: the old one runs, and nothing else`, async () => {
        const { entry, name } = await web();
        const before = await identityOf(entry);
        await replace(entry, before, false, dyingAt(docker.docker, last ?? '')).catch(() => undefined);
        await tidy(entry, before, 'step-failed', dyingAt(docker.docker, 'start')).catch(() => undefined);
        await tidy(entry, before, 'step-failed');
        expect(await names()).to.deep.equal([`${name} running`]);
        expect((await identityOf(await registered(entry))).containerId).to.equal(before.containerId);
      });
  });
});

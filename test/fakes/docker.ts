/** A Docker Engine in memory, as far as runtimes ask one. Starts and stops take time of the clock given. */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.js';

const startMs = 300;
const stopMs = 700;
const never = '0001-01-01T00:00:00Z';

type Config = Pick<Docker.ContainerCreateOptions, 'name' | 'Image' | 'Labels' | 'HostConfig' | 'ExposedPorts'>;

export interface FakeContainer {
  readonly id: string;
  readonly config: Config;
  name: string;
  policy: Docker.HostRestartPolicy;
  running: boolean;
  startedAt: string;
  address: string;
}

/** Each call to the daemon goes through here, under its name. */
export type Meet = <T>(name: string, call: () => Promise<T>) => Promise<T>;

const direct: Meet = (_name, call) => call();

const refused = (statusCode: number, text: string): Error => Object.assign(new Error(text), { statusCode });

export interface FakeDockerWatch {
  readonly onStart: (container: FakeContainer) => void;
  readonly onStop: (container: FakeContainer) => void;
}

export class FakeDocker {
  private readonly containers = new Map<string, FakeContainer>();
  private made = 0;
  private started = 0;

  constructor(
    private readonly clock: Clock,
    private readonly watch: FakeDockerWatch,
  ) {}

  /** `NAME running` or `NAME stopped`, in order. */
  names(): readonly string[] {
    return [...this.containers.values()]
      .map(({ name, running }) => `${name} ${running ? 'running' : 'stopped'}`)
      .sort();
  }

  /** The daemon as dockerode shows it. */
  api(meet: Meet = direct): Docker {
    const container = (id: string) => ({
      inspect: () => meet('inspect', () => Promise.resolve(this.inspect(id))),
      start: () => meet('start', () => this.start(id)),
      stop: () => meet('stop', () => this.stop(id)),
      remove: () => meet('remove', () => this.remove(id)),
      rename: ({ name }: { name: string }) => meet('rename', () => this.rename(id, name)),
      update: ({ RestartPolicy }: { RestartPolicy: Docker.HostRestartPolicy }) =>
        meet('update', async () => void Object.assign(this.get(id), { policy: RestartPolicy })),
    });
    const api = {
      getContainer: container,
      getImage: () => ({ inspect: () => meet('image', () => Promise.resolve({ Id: 'sha256:1' })) }),
      listContainers: ({ filters }: { filters: { label: readonly string[] } }) =>
        meet('list', () => Promise.resolve(this.list(filters.label))),
      createContainer: (config: Config) => meet('create', async () => ({ id: this.create(config).id })),
    };
    return api as unknown as Docker;
  }

  create(config: Config): FakeContainer {
    const name = config.name ?? `nameless-${this.made}`;
    if ([...this.containers.values()].some((other) => other.name === name)) throw refused(409, `${name} is taken`);
    const id = createHash('sha256').update(`${this.made++}`).digest('hex');
    const policy = config.HostConfig?.RestartPolicy ?? { Name: 'no' };
    const made = { id, config, name, policy, running: false, startedAt: never, address: '' };
    this.containers.set(id, made);
    return made;
  }

  async start(id: string): Promise<void> {
    const container = this.get(id);
    if (container.running) throw refused(304, 'it runs');
    await this.clock.sleep(startMs);
    Object.assign(container, { running: true, startedAt: new Date(this.clock.now()).toISOString() });
    container.address = container.config.HostConfig?.NetworkMode === 'host' ? '' : `172.17.0.${2 + this.started++}`;
    this.watch.onStart(container);
  }

  private async stop(id: string): Promise<void> {
    const container = this.get(id);
    if (!container.running) throw refused(304, 'it is stopped');
    await this.clock.sleep(stopMs);
    Object.assign(container, { running: false, address: '' });
    this.watch.onStop(container);
  }

  private remove(id: string): Promise<void> {
    if (this.get(id).running) throw refused(409, 'it runs');
    this.containers.delete(id);
    return Promise.resolve();
  }

  private rename(id: string, name: string): Promise<void> {
    const taken = [...this.containers.values()].some((other) => other.name === name && other.id !== id);
    if (taken) throw refused(409, `${name} is taken`);
    this.get(id).name = name;
    return Promise.resolve();
  }

  private list(labels: readonly string[]): readonly { readonly Id: string }[] {
    const has = ({ config }: FakeContainer, label: string): boolean => {
      const [key = '', value] = label.split('=');
      const found = config.Labels?.[key];
      return found !== undefined && (value === undefined || found === value);
    };
    return [...this.containers.values()]
      .filter((container) => labels.every((label) => has(container, label)))
      .map(({ id }) => ({ Id: id }));
  }

  private inspect(id: string) {
    const { config, name, policy, running, startedAt, address } = this.get(id);
    const NetworkMode = config.HostConfig?.NetworkMode ?? 'bridge';
    return {
      ...{ Id: id, Name: `/${name}`, Image: 'sha256:1', Mounts: [] },
      State: { Running: running, StartedAt: startedAt, ExitCode: 0 },
      Config: {
        Hostname: id.slice(0, 12),
        Image: config.Image,
        Labels: config.Labels,
        ExposedPorts: config.ExposedPorts,
      },
      HostConfig: { NetworkMode, AutoRemove: false, RestartPolicy: policy, PortBindings: {} },
      NetworkSettings: { Networks: { [NetworkMode]: { IPAddress: address } }, Ports: {} },
    };
  }

  private get(id: string): FakeContainer {
    const found = this.containers.get(id);
    if (!found) throw refused(404, `no such container: ${id}`);
    return found;
  }
}

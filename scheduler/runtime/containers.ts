/** Calls to containers, each with a deadline and with "already so" taken for done: nobody waits for a daemon that hangs. */
import type Docker from 'dockerode';
import { isAlreadySo, isGone } from './inventory.js';
import { marks, nameOf, successorOf } from './successor.js';

export type Info = Docker.ContainerInspectInfo;

/** A healthy daemon answers in milliseconds; `stop` besides takes as long as the container's grace. */
export const answerMs = 10_000;

export const within = (ms: number, signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(ms)]);

export class Containers {
  constructor(
    private readonly docker: Docker,
    private readonly signal: AbortSignal,
    private readonly graceMs: number,
  ) {}

  /** Null: there is none of that id. */
  async look(id: string): Promise<Info | null> {
    try {
      return await this.docker.getContainer(id).inspect({ abortSignal: within(answerMs, this.signal) });
    } catch (thrown) {
      if (isGone(thrown)) return null;
      throw thrown;
    }
  }

  /** The one that this action made; null: it made none. Rejects where several bear its label. */
  async madeBy(action: string): Promise<Info | null> {
    const found = await this.docker.listContainers({
      ...{ all: true, filters: { label: [`${marks.action}=${action}`] } },
      abortSignal: within(answerMs, this.signal),
    });
    const [only, another] = found;
    if (another) throw new Error(`${found.length} containers bear the label ${marks.action}=${action}`);
    return only ? this.look(only.Id) : null;
  }

  /** What takes the place of it, not started, and joined to all its networks. */
  async create(old: Info, action: string): Promise<Info> {
    const { options, others } = successorOf(old, action, await this.imageOf(old));
    try {
      const { id } = await this.docker.createContainer({ ...options, abortSignal: within(answerMs, this.signal) });
      for (const { network, endpoint } of others)
        await this.soon(this.docker.getNetwork(network).connect({ Container: id, EndpointConfig: endpoint }));
    } catch (thrown) {
      // What is half made has the name already, and would be taken for whole by the next who looks.
      const half = await this.madeBy(action);
      if (half !== null && !half.State.Running) await this.remove(half.Id);
      throw thrown;
    }
    const made = await this.madeBy(action);
    if (made === null) throw new Error('the new container vanished as soon as it was made');
    return made;
  }

  /** By its name, as people know it; by its id where the name means another image by now: to replace is not to deploy. */
  private async imageOf({ Config, Image }: Info): Promise<string> {
    try {
      const { Id } = await this.soon(this.docker.getImage(Config.Image).inspect());
      return Id === Image ? Config.Image : Image;
    } catch {
      return Image;
    }
  }

  async start(id: string): Promise<void> {
    await alreadySoIsFine(this.docker.getContainer(id).start({ abortSignal: within(answerMs, this.signal) }), [304]);
  }

  async stop(id: string): Promise<void> {
    const t = Math.max(1, Math.ceil(this.graceMs / 1000));
    const stopping = this.docker.getContainer(id).stop({ t, abortSignal: within(t * 1000 + answerMs, this.signal) });
    await alreadySoIsFine(stopping, [304]);
  }

  /** Stopped first, that it may end as it should. */
  async remove(id: string): Promise<void> {
    const container = this.docker.getContainer(id);
    const now = await this.look(id);
    if (now?.State.Running) await this.stop(id);
    await alreadySoIsFine(container.remove({ force: true, abortSignal: within(answerMs, this.signal) }), [404]);
  }

  async rename(container: Info, name: string): Promise<void> {
    const now = await this.look(container.Id);
    if (now !== null && nameOf(now) !== name) await this.soon(this.docker.getContainer(now.Id).rename({ name }));
  }

  async setPolicy({ Id }: Info, policy: Docker.HostRestartPolicy | undefined): Promise<void> {
    const now = policy && (await this.look(Id));
    if (now && now.HostConfig.RestartPolicy?.Name !== policy.Name)
      await this.soon(this.docker.getContainer(Id).update({ RestartPolicy: policy }));
  }

  /** Of calls that cannot be called off: nobody waits for a daemon that hangs. */
  private async soon<T>(call: Promise<T>): Promise<T> {
    const signal = within(answerMs, this.signal);
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`Docker did not answer within ${answerMs} ms`)), {
        once: true,
      });
    });
    return Promise.race([call, late]);
  }
}

const alreadySoIsFine = async (call: Promise<unknown>, codes: readonly number[]): Promise<void> => {
  try {
    await call;
  } catch (thrown) {
    if (!isAlreadySo(thrown, codes)) throw thrown;
  }
};

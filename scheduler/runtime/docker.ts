/** Containers of this host, through the Docker Engine API. */
import type Docker from 'dockerode';
import type { RuntimePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { pause } from '../../lib/loop.js';
import type { Identity } from '../client/index.js';
import type { RuntimeFact, StepResult } from '../model.js';
import { answerMs, Containers, within } from './containers.js';
import { isOwnAddress, ownAddresses } from './host.js';
import { inspect, type Inspected, isAlreadySo, isAnswer, takeInventory, toContainer } from './inventory.js';
import { matchContainer } from './match.js';
import { Replacer, whyNotKept } from './replace.js';
import {
  notBegun,
  type Place,
  type ReplaceOptions,
  type Replaced,
  type RuntimeTarget,
  type StepOptions,
  type Tidied,
} from './types.js';

type DockerPolicy = Extract<RuntimePolicy, { kind: 'docker' }>;

/** While it is waited for a stop that was not answered. */
const lookEveryMs = 500;

const identityOf = ({ Id, State }: Inspected): Identity => ({
  kind: 'docker',
  containerId: Id,
  startedAt: State.StartedAt,
});

export class DockerRuntime implements Place {
  constructor(
    private readonly docker: Docker,
    private readonly policy: DockerPolicy,
    private readonly clock: Clock,
  ) {}

  async find({ entry }: RuntimeTarget, signal: AbortSignal): Promise<RuntimeFact> {
    const at = this.clock.now();
    const { label } = this.policy;
    const own = ownAddresses();
    const isOwn = (address: string): boolean => isOwnAddress(address, own);
    if (!isOwn(entry.node.address)) {
      return { kind: 'none', why: `its node ${entry.node.name} (${entry.node.address}) is not this host`, at };
    }
    try {
      const all = await takeInventory(this.docker, label, within(answerMs, signal));
      const match = matchContainer(entry, all.map((each) => toContainer(each, label)), isOwn); // prettier-ignore
      if (match.kind !== 'one') return { ...match, at };
      const found = all.find(({ Id }) => Id === match.id);
      if (!found) return { kind: 'unreadable', why: 'the container vanished while it was looked at', at };
      const unable = found.HostConfig.AutoRemove ? { unable: { restart: whyNotKept, replace: whyNotKept } } : {};
      return { kind: 'one', identity: identityOf(found), running: found.State.Running, at, ...unable };
    } catch (thrown) {
      return { kind: 'unreadable', why: `Docker could not be asked: ${messageOf(thrown)}`, at };
    }
  }

  /**
   * Stop, then start: two calls, since one that stops, kills or signals through the API cancels the restart policy, which
   * only a start through the API renews. A container that stopped in the meantime is only started.
   */
  async restart(
    _target: RuntimeTarget,
    identity: Identity,
    options: StepOptions,
    signal: AbortSignal,
  ): Promise<StepResult> {
    if (identity.kind !== 'docker') return { kind: 'failed', text: `a ${identity.kind} identity is not Docker's` };
    try {
      return await this.#restart(identity, options, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const text = messageOf(thrown);
      return isAlreadySo(thrown) ? { kind: 'look-again', text } : { kind: 'failed', text: `Docker: ${text}` };
    }
  }

  async replace(
    _target: RuntimeTarget,
    identity: Identity,
    options: ReplaceOptions,
    signal: AbortSignal,
  ): Promise<StepResult> {
    if (identity.kind !== 'docker') return { kind: 'failed', text: `a ${identity.kind} identity is not Docker's` };
    try {
      return await this.#replacer(options, signal).replace(identity, options);
    } catch (thrown) {
      signal.throwIfAborted();
      return { kind: 'failed', text: `Docker: ${messageOf(thrown)}` };
    }
  }

  async tidy(
    _target: RuntimeTarget,
    replaced: Replaced,
    options: Omit<StepOptions, 'action'>,
    signal: AbortSignal,
  ): Promise<Tidied> {
    try {
      return await this.#replacer(options, signal).tidy(replaced);
    } catch (thrown) {
      signal.throwIfAborted();
      return { kind: 'failed', text: `Docker: ${messageOf(thrown)}` };
    }
  }

  #replacer({ graceMs, still }: Omit<StepOptions, 'action'>, signal: AbortSignal): Replacer {
    return new Replacer(new Containers(this.docker, signal, graceMs), this.clock, signal, still);
  }

  async #restart(
    identity: Extract<Identity, { kind: 'docker' }>,
    { graceMs, still }: StepOptions,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const { containerId, startedAt } = identity;
    const short = containerId.slice(0, 12);
    const now = await inspect(this.docker, containerId, within(answerMs, signal));
    if (now.State.StartedAt !== startedAt) {
      return { kind: 'look-again', text: `container ${short} was started anew at ${now.State.StartedAt}` };
    }
    if (now.HostConfig.AutoRemove) {
      return { kind: 'failed', text: `container ${short} runs with --rm: stopping it would remove it; run it without` };
    }
    if (!still()) return notBegun;
    const stuck = now.State.Running ? await this.#stop(containerId, graceMs, signal) : null;
    if (stuck !== null) return { kind: 'failed', text: `container ${short} ${stuck}` };
    signal.throwIfAborted();
    try {
      await this.docker.getContainer(containerId).start({ abortSignal: within(answerMs, signal) });
    } catch (thrown) {
      signal.throwIfAborted();
      if (isAlreadySo(thrown)) throw thrown;
      return { kind: 'failed', text: `container ${short} is stopped and could not be started: ${messageOf(thrown)}` };
    }
    return { kind: 'done', text: `container ${short} ${now.State.Running ? 'stopped and started' : 'started'}` };
  }

  /**
   * Null: it is stopped; else why not. A stop that is not answered may come all the same, and would leave it stopped: that is
   * waited for until the step is called off.
   */
  async #stop(id: string, graceMs: number, signal: AbortSignal): Promise<string | null> {
    const t = Math.max(1, Math.ceil(graceMs / 1000));
    try {
      await this.docker.getContainer(id).stop({ t, abortSignal: within(t * 1000 + answerMs, signal) });
      return null;
    } catch (thrown) {
      if (isAlreadySo(thrown, [304])) return null;
      if (isAlreadySo(thrown)) throw thrown;
      if (isAnswer(thrown)) return `could not be stopped, and runs on: ${messageOf(thrown)}`;
      while (await pause(this.clock, lookEveryMs, signal)) if (await this.#isStopped(id, signal)) return null;
      return `was told to stop, and may do so yet: ${messageOf(signal.reason)}`;
    }
  }

  /** As far as the daemon says. */
  async #isStopped(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      return !(await inspect(this.docker, id, within(answerMs, signal))).State.Running;
    } catch {
      return false;
    }
  }
}

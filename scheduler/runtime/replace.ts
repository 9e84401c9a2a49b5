/**
 * Another container in the place of one, and what becomes of the old one. Nothing is remembered here: each call looks at what
 * is there, known by labels, and goes on from it, so that whoever leads next finishes or takes back what was begun.
 */
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { pause } from '../../lib/loop.js';
import type { Identity } from '../client/index.js';
import type { StepResult } from '../model.js';
import type { Containers, Info } from './containers.js';
import { keptName, marks, nameOf, nextName, whyNotBoth } from './successor.js';
import { notBegun, type ReplaceOptions, type Replaced, type StepOptions, type Tidied } from './types.js';

type Of<T extends Identity['kind']> = Extract<Identity, { kind: T }>;

/** A new one that has no health check of its own must run for this long; one that has one gets longer to pass it. */
const runsForMs = 2_000;
const healthyWithinMs = 20_000;
const lookEveryMs = 250;

export class Replacer {
  constructor(
    private readonly containers: Containers,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly still: StepOptions['still'],
  ) {}

  async replace(
    { containerId, startedAt }: Of<'docker'>,
    { action, startNewFirst }: ReplaceOptions,
  ): Promise<StepResult> {
    const old = await this.containers.look(containerId);
    if (old === null) return { kind: 'look-again', text: `container ${short(containerId)} is gone` };
    if (old.State.StartedAt !== startedAt)
      return { kind: 'look-again', text: `container ${short(old)} was started anew at ${old.State.StartedAt}` };
    if (old.HostConfig.AutoRemove) return { kind: 'failed', text: whyNotKept };
    if (!this.still()) return notBegun;
    const next = (await this.containers.madeBy(action)) ?? (await this.containers.create(old, action));
    this.signal.throwIfAborted();
    const alone = startNewFirst && old.State.Running ? whyNotBoth(old) : 'it is stopped first';
    if (alone === null) {
      const trouble = await this.startFirst(next);
      if (trouble !== null) {
        await this.containers.remove(next.Id);
        return { kind: 'failed', text: `the new container ${trouble}; the old one was not touched` };
      }
    }
    if (!this.still()) return notBegun;
    const stuck = await this.stopOld(old);
    if (stuck !== null) {
      await this.containers.remove(next.Id);
      return { kind: 'failed', text: `container ${short(old)} ${stuck}; nothing takes its place` };
    }
    await this.giveName(old, next, action);
    const failed = alone === null ? null : await this.startLast(next);
    if (failed === null)
      return { kind: 'done', text: `container ${short(next)} in the place of ${short(old)}, which is kept, stopped` };
    await this.bringBack(old, next);
    return { kind: 'failed', text: `the new container ${failed}; the old one was started again` };
  }

  async tidy({ id, identity, outcome }: Replaced): Promise<Tidied> {
    const next = await this.containers.madeBy(id);
    if (next === null || identity.kind !== 'docker' || outcome === 'inconclusive') return { kind: 'nothing' };
    if (!this.still()) return { kind: 'failed', text: notBegun.text };
    const old = await this.containers.look(identity.containerId);
    if (outcome !== 'verified') return old === null ? { kind: 'nothing' } : this.undo(old, next);
    const gone = await this.removeKept(old);
    await this.containers.rename(next, next.Config.Labels[marks.name] ?? nameOf(next));
    return gone.length === 0 ? { kind: 'nothing' } : { kind: 'removed', text: `removed container ${gone.join(', ')}` };
  }

  /** The old one, and those whose place it had taken and that nobody removed; the oldest first, so that none is lost sight of. */
  private async removeKept(first: Info | null): Promise<readonly string[]> {
    const line: Info[] = [];
    for (let old = first; old !== null && !line.some(({ Id }) => Id === old?.Id);) {
      line.unshift(old);
      const before: string | undefined = old.Config.Labels[marks.replaces];
      old = before === undefined ? null : await this.containers.look(before);
    }
    for (const { Id } of line) await this.containers.remove(Id);
    return line.map(short);
  }

  private async undo(old: Info, next: Info): Promise<Tidied> {
    await this.bringBack(old, next);
    const how = old.State.Running ? 'runs' : 'was started again';
    return { kind: 'undone', text: `container ${short(old)} ${how}; ${short(next)} was removed` };
  }

  /** The new one goes only when the old one runs again, and last of all: as long as it is there, this is not done. */
  private async bringBack(old: Info, next: Info): Promise<void> {
    await this.containers.stop(next.Id);
    await this.containers.setPolicy(old, next.HostConfig.RestartPolicy);
    try {
      await this.containers.start(old.Id);
    } catch (thrown) {
      if (next.State.Running) await this.containers.start(next.Id);
      throw thrown;
    }
    const { [marks.name]: name = nameOf(old), [marks.action]: action = '' } = next.Config.Labels;
    await this.containers.rename(next, nextName(name, action));
    await this.containers.rename(old, name);
    await this.containers.remove(next.Id);
  }

  /** Null: it runs; else what became of it. */
  private async startFirst({ Id }: Info): Promise<string | null> {
    const failed = await this.startLast({ Id });
    if (failed !== null) return failed;
    const since = this.clock.mono();
    for (;;) {
      const { State } = (await this.containers.look(Id)) ?? { State: null };
      if (State === null) return 'vanished';
      if (!State.Running) return `ended at once with exit code ${State.ExitCode}`;
      if (State.Health?.Status === 'unhealthy') return 'is unhealthy by its own check';
      const ago = this.clock.mono() - since;
      const waits = State.Health?.Status === 'starting' ? healthyWithinMs : runsForMs;
      if (State.Health?.Status === 'healthy' || ago >= waits) return null;
      await pause(this.clock, lookEveryMs, this.signal);
      this.signal.throwIfAborted();
    }
  }

  private async startLast({ Id }: Pick<Info, 'Id'>): Promise<string | null> {
    try {
      await this.containers.start(Id);
      return null;
    } catch (thrown) {
      this.signal.throwIfAborted();
      return `could not be started: ${messageOf(thrown)}`;
    }
  }

  /** Null: it is stopped, and no restart of the daemon brings it back. Else why not; then it runs as before, if it did. */
  private async stopOld(old: Info): Promise<string | null> {
    try {
      await this.containers.stop(old.Id);
    } catch (thrown) {
      this.signal.throwIfAborted();
      return `could not be stopped: ${messageOf(thrown)}`;
    }
    try {
      await this.containers.setPolicy(old, { Name: 'no' });
      return null;
    } catch (thrown) {
      this.signal.throwIfAborted();
      const why = `could not be told to stay stopped: ${messageOf(thrown)}`;
      if (!old.State.Running) return why;
      const failed = await this.startLast(old);
      return `${why}; it ${failed ?? 'was started again'}`;
    }
  }

  /** Whoever reaches it by its name reaches the new one. Not worth a failure: the names are set right once more in the end. */
  private async giveName(old: Info, next: Info, action: string): Promise<void> {
    const name = next.Config.Labels[marks.name] ?? nameOf(old);
    try {
      if (nameOf(old) === name) await this.containers.rename(old, keptName(name, action));
      await this.containers.rename(next, name);
    } catch {
      this.signal.throwIfAborted();
    }
  }
}

export const whyNotKept = 'it runs with --rm: stopping it would remove it, and nothing could be taken back';

const short = (container: string | Info): string =>
  (typeof container === 'string' ? container : container.Id).slice(0, 12);

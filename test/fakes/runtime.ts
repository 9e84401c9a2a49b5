import type { Identity } from '../../scheduler/client/index.js';
import type { RuntimeFact, StepResult } from '../../scheduler/model.js';
import type { Runtime, RuntimeTarget, Tidied } from '../../scheduler/runtime/types.js';

/** Processes in memory: each has a pid, and a restart gives it the next one, once told to finish. */
export class FakeRuntime implements Runtime {
  readonly restarts: string[] = [];
  /** Asked gently. */
  readonly asked: string[] = [];
  readonly tidied: string[] = [];
  /** Called before a restart takes effect; throw here to make it fail. */
  onRestart: (instance: string) => Promise<void> = () => Promise.resolve();
  onTidy: () => Promise<void> = () => Promise.resolve();
  private readonly pids = new Map<string, number>();
  private next = 100;

  find({ entry }: RuntimeTarget): Promise<RuntimeFact> {
    return Promise.resolve({ kind: 'one', identity: this.identity(entry.id), running: true, at: 0 });
  }

  async restart({ entry }: RuntimeTarget, identity: Identity): Promise<StepResult> {
    const now = this.identity(entry.id);
    if (JSON.stringify(now) !== JSON.stringify(identity)) return { kind: 'look-again', text: 'another process by now' };
    await this.onRestart(entry.id);
    this.restarts.push(entry.id);
    this.pids.set(entry.id, this.next++);
    return { kind: 'done', text: 'restarted' };
  }

  gentle({ entry }: RuntimeTarget): Promise<StepResult> {
    this.asked.push(entry.id);
    return Promise.resolve({ kind: 'done', text: 'answered 204' });
  }

  async replace(target: RuntimeTarget, identity: Identity): Promise<StepResult> {
    const result = await this.restart(target, identity);
    return result.kind === 'done' ? { ...result, text: 'replaced' } : result;
  }

  async tidy({ entry }: RuntimeTarget): Promise<Tidied> {
    this.tidied.push(entry.id);
    await this.onTidy();
    return { kind: 'removed', text: 'removed' };
  }

  identity(instance: string): Identity {
    const pid = this.pids.get(instance) ?? 1;
    return { kind: 'exec', unit: instance, pid, startTime: String(pid) };
  }
}

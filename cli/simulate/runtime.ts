import type { InstanceId } from '../../config/index.js';
import type { Action } from '../../scheduler/client/index.js';
import type { RuntimeFact, StepResult } from '../../scheduler/model.js';
import { isDeepStrictEqual } from 'node:util';
import type { Process } from './process.js';

/** A step takes this long where nothing slows it. */
const stepMs = 2_000;

interface Step {
  readonly action: Action;
  readonly process: Process;
  readonly endsAt: number;
  readonly done: (result: StepResult) => void;
}

/** What runs the processes: it stops and starts them when told, if it is well. */
export class SimRuntime {
  fails = false;
  slowByMs = 0;
  unsure: 'unreadable' | 'ambiguous' | null = null;
  private steps: readonly Step[] = [];

  find(process: Process | undefined, id: InstanceId, now: number): RuntimeFact {
    if (this.unsure === 'unreadable') return { kind: 'unreadable', why: 'the runtime does not answer', at: now };
    if (this.unsure === 'ambiguous')
      return { kind: 'ambiguous', why: `two containers say that they are ${id}`, at: now };
    if (process === undefined) return { kind: 'none', why: `no container says that it is ${id}`, at: now };
    return { kind: 'one', identity: process.identity, running: process.alive, at: now };
  }

  /** Stops it now and starts it later. "Already so" where another process runs by now. */
  restart(action: Action, process: Process, now: number, done: Step['done']): void {
    if (this.fails) return done({ kind: 'failed', text: 'the runtime refuses' });
    if (!isDeepStrictEqual(process.identity, action.identity))
      return done({ kind: 'look-again', text: 'another process by now' });
    process.stop();
    process.stepping = true;
    this.steps = [...this.steps, { action, process, endsAt: now + stepMs + this.slowByMs, done }];
  }

  /** Ends what is due; says which processes came back. */
  goOn(now: number): readonly Process[] {
    const due = this.steps.filter(({ endsAt }) => endsAt <= now);
    if (due.length === 0) return [];
    this.steps = this.steps.filter(({ endsAt }) => endsAt > now);
    for (const { process, done } of due) {
      process.stepping = false;
      if (!process.alive) process.start(now);
      done({ kind: 'done', text: 'restarted' });
    }
    return due.map(({ process }) => process);
  }

  /** Steps that work on an instance now. */
  working(id: InstanceId): number {
    return this.steps.filter(({ process }) => process.id === id).length;
  }
}

import type { InstanceId } from '../../config/index.js';
import type { Action, Step as What } from '../../scheduler/client/index.js';
import type { RuntimeFact, StepResult } from '../../scheduler/model.js';
import { isDeepStrictEqual } from 'node:util';
import type { Process } from './process.js';

/** Steps take this long where nothing slows them. */
const stepMs: Readonly<Record<What, number>> = { gentle: 1_000, restart: 2_000, replace: 4_000 };

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
  /** It cannot be asked, or names two, and since when. */
  unsure: { readonly how: 'unreadable' | 'ambiguous'; readonly since: number } | null = null;
  private steps: readonly Step[] = [];

  find(process: Process | undefined, id: InstanceId, now: number): RuntimeFact {
    if (this.unsure?.how === 'unreadable') return { kind: 'unreadable', why: 'the runtime does not answer', at: now };
    if (this.unsure?.how === 'ambiguous')
      return { kind: 'ambiguous', why: `two containers say that they are ${id}`, at: now };
    if (process === undefined) return { kind: 'none', why: `no container says that it is ${id}`, at: now };
    return { kind: 'one', identity: process.identity, running: process.alive, at: now };
  }

  /** Asked gently it answers, if it can. Else stops it now and starts it, or another in its place, later. "Already so" where another process runs by now. */
  step(action: Action, process: Process, now: number, done: Step['done']): void {
    if (this.fails) return done({ kind: 'failed', text: 'the runtime refuses' });
    if (!isDeepStrictEqual(process.identity, action.identity))
      return done({ kind: 'look-again', text: 'another process by now' });
    const endsAt = now + stepMs[action.step] + this.slowByMs;
    if (action.step !== 'gentle') {
      process.stop();
      process.stepping = true;
    }
    this.steps = [...this.steps, { action, process, endsAt, done }];
  }

  /** Ends what is due; says which processes came back. */
  goOn(now: number): readonly Process[] {
    const due = this.steps.filter(({ endsAt }) => endsAt <= now);
    if (due.length === 0) return [];
    this.steps = this.steps.filter(({ endsAt }) => endsAt > now);
    for (const { action, process, done } of due) {
      if (action.step === 'gentle') {
        done(process.answers ? { kind: 'done', text: '204' } : { kind: 'failed', text: 'no answer' });
        continue;
      }
      process.stepping = false;
      if (!process.alive) process.start(now, action.step === 'replace');
      done({ kind: 'done', text: action.step });
    }
    return due.flatMap(({ action, process }) => (action.step === 'gentle' ? [] : [process]));
  }

  /** Steps that work on an instance now. */
  working(id: InstanceId): number {
    return this.steps.filter(({ process }) => process.id === id).length;
  }
}

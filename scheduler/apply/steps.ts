import type { ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import { pause } from '../../lib/loop.js';
import { seconds } from '../facts.js';
import type { Action } from '../client/index.js';
import type { CatalogEntry, EndedStep, StepResult } from '../model.js';
import type { Runtime } from '../runtime/types.js';

/** A last look before the irreversible. */
export interface Permit {
  /** Null when the step may start now, else why not; rejects when nobody can say. */
  ask(action: Action): Promise<string | null>;
  /** The same as far as it can be known at once, so that nothing comes between the question and the act. */
  still(action: Action): boolean;
}

/** Called off so long before the deadline that the ledger holds: what was given up goes on nowhere. */
const callOffMs = 1_000;

/** Runtime steps under way in this process, at most one for each action, ever. Their results are read by `decide`. */
export class Steps {
  private readonly results = new Map<string, EndedStep>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();
  private closing = false;

  constructor(
    private readonly runtimeOf: (policy: ServicePolicy['runtime']) => Runtime | null,
    private readonly permit: Permit,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly onChange: () => void,
  ) {}

  resultsNow(): ReadonlyMap<string, EndedStep> {
    return new Map(this.results);
  }

  start(action: Action, policy: ServicePolicy, entry: CatalogEntry): void {
    if (this.closing || this.running.has(action.id) || this.results.has(action.id)) return;
    const done = this.perform(action, policy, entry).then((result) => {
      this.running.delete(action.id);
      if (result) this.results.set(action.id, { ...result, at: this.clock.now() });
      this.onChange();
    });
    this.running.set(action.id, done);
  }

  /** A step half done is worse than a late end: lets those under way finish, for at most `graceMs`, and starts no other. */
  async stop(graceMs: number): Promise<void> {
    this.closing = true;
    const waiting = new AbortController();
    const late = pause(this.clock, graceMs, waiting.signal);
    await Promise.race([Promise.all(this.running.values()), late]);
    waiting.abort();
    this.ending.abort();
    await Promise.all(this.running.values());
  }

  /** Forgets the results of actions that are over. */
  retain(open: ReadonlySet<string>): void {
    for (const id of this.results.keys()) if (!open.has(id)) this.results.delete(id);
  }

  /** Null: it was not permitted now, nothing was done, and it may be tried again. */
  private async perform(action: Action, policy: ServicePolicy, entry: CatalogEntry): Promise<StepResult | null> {
    const refused = await this.refusal(action);
    if (refused !== null) {
      this.log.warn({ action: action.id, why: refused }, 'a step was held back at the last moment');
      return null;
    }
    try {
      const runtime = this.runtimeOf(policy.runtime);
      if (!runtime) return { kind: 'failed', text: 'the service file names no runtime' };
      const withinMs = action.deadline - this.clock.now() - callOffMs;
      if (withinMs <= 0) return { kind: 'failed', text: 'not begun: its time was over before it could be' };
      return await this.within(withinMs, (signal) => this.tell(runtime, action, policy, entry, signal));
    } catch (error) {
      return { kind: 'failed', text: messageOf(error) };
    }
  }

  /** Rejects when the time is up, or this process ends. */
  private async within<T>(ms: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const [late, over] = [new AbortController(), new AbortController()];
    const why = `called off after ${seconds(ms)}: its time was over`;
    this.clock.sleep(ms, over.signal).then(
      () => late.abort(new Error(why)),
      () => undefined,
    );
    try {
      return await act(AbortSignal.any([this.ending.signal, late.signal]));
    } finally {
      over.abort();
    }
  }

  private async tell(
    runtime: Runtime,
    action: Action,
    policy: ServicePolicy,
    entry: CatalogEntry,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const { identity } = action;
    const target = { service: policy.service, entry, policy: policy.runtime };
    const { ladder, graceMs } = policy.heal;
    const options = { action: action.id, graceMs, still: () => this.permit.still(action) };
    switch (action.step) {
      case 'gentle': {
        const step = ladder.find((each) => each.do === 'gentle');
        if (!step) return { kind: 'failed', text: `the ladder in ${policy.file} names no gentle step` };
        return runtime.gentle(target, identity, { step, scheme: policy.scrape.scheme }, options, signal);
      }
      case 'restart':
        return runtime.restart(target, identity, options, signal);
      case 'replace': {
        const startNewFirst = ladder.find((each) => each.do === 'replace')?.startNewFirst ?? false;
        return runtime.replace(target, identity, { ...options, startNewFirst }, signal);
      }
    }
  }

  /** A permit that cannot be had is no failure of the step: nobody was told to do anything. */
  private async refusal(action: Action): Promise<string | null> {
    try {
      const refused = await this.permit.ask(action);
      return this.closing ? 'this scheduler is about to end' : refused;
    } catch (error) {
      return `NO_QUORUM: ${messageOf(error)}`;
    }
  }
}

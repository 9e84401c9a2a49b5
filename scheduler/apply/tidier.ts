/** Sees to what replacements left behind, one at a time for each, until it is done. */
import type { ServicePolicy } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Action, ReasonCode } from '../client/index.js';
import type { Journal } from '../journal/index.js';
import type { CatalogEntry } from '../model.js';
import type { Runtime, Tidied } from '../runtime/types.js';
import type { Permit } from './steps.js';

const tryAgainMs = 30_000;

export interface TidierParts {
  readonly runtimeOf: (policy: ServicePolicy['runtime']) => Runtime | null;
  readonly permit: Pick<Permit, 'still'>;
  readonly journal: Pick<Journal, 'write'>;
  readonly clock: Clock;
  readonly log: Log;
}

const codes: Partial<Readonly<Record<Tidied['kind'], ReasonCode>>> = { removed: 'TIDIED', undone: 'UNDONE' };

/** A new leader does all of it once more, which finds nothing to do. */
export class Tidier {
  private readonly done = new Set<string>();
  private readonly working = new Map<string, { readonly instance: string; readonly over: Promise<void> }>();
  private readonly notBefore = new Map<string, number>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: TidierParts) {}

  /** Nothing else may be told to the runtime of an instance that is being worked on. */
  isBusy({ service, instance }: Pick<Action, 'service' | 'instance'>): boolean {
    return [...this.working.values()].some((one) => one.instance === `${service}/${instance}`);
  }

  /** `token`: of the leader who wants it. */
  start(action: Action, policy: ServicePolicy, entry: CatalogEntry, token: number): void {
    const { id, service, instance } = action;
    if (this.ending.signal.aborted || this.done.has(id) || this.isBusy(action)) return;
    if ((this.notBefore.get(id) ?? -Infinity) > this.parts.clock.now()) return;
    const over = this.perform(action, policy, entry, token).then((result) => {
      this.working.delete(id);
      if (result.kind === 'failed') this.notBefore.set(id, this.parts.clock.now() + tryAgainMs);
      else this.done.add(id);
      this.tell(action, result, token);
    });
    this.working.set(id, { instance: `${service}/${instance}`, over });
  }

  /** Forgets those that no ledger holds any more. */
  retain(closed: ReadonlySet<string>): void {
    for (const id of [...this.done, ...this.notBefore.keys()])
      if (!closed.has(id)) {
        this.done.delete(id);
        this.notBefore.delete(id);
      }
  }

  /** What is half done is found and finished by whoever leads next. */
  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.all([...this.working.values()].map(({ over }) => over));
  }

  private async perform(action: Action, policy: ServicePolicy, entry: CatalogEntry, token: number): Promise<Tidied> {
    const { runtimeOf, permit } = this.parts;
    try {
      const runtime = runtimeOf(policy.runtime);
      if (!runtime) return { kind: 'nothing' };
      const target = { service: policy.service, entry, policy: policy.runtime };
      const options = { graceMs: policy.heal.graceMs, still: () => permit.still({ ...action, token }) };
      return await runtime.tidy(target, action, options, this.ending.signal);
    } catch (thrown) {
      return { kind: 'failed', text: messageOf(thrown) };
    }
  }

  private tell({ id: action, service, instance, outcome }: Action, result: Tidied, token: number): void {
    const { journal, clock, log } = this.parts;
    if (result.kind === 'failed')
      log.warn({ action, why: result.text }, 'a replacement is not tidied up yet; it is tried again');
    const code = codes[result.kind];
    if (code === undefined || result.kind === 'nothing') return;
    const { text } = result;
    journal.write([
      {
        ...{ at: clock.now(), kind: 'heal', service, instance, action, code, text, token },
        data: { step: 'replace', outcome },
      },
    ]);
  }
}

/** What people do by hand to one instance: taken out, taken back, or a step ordered. Any scheduler takes it; the leader acts. */
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import type {
  ActName,
  ActRequest,
  ActResponse,
  ActsResponse,
  controlSchema,
  Drain,
  Order,
  Verdict,
} from '../client/index.js';
import type { Journal } from '../journal/index.js';
import { isBegun } from '../said.js';
import type { KvMirror } from '../world/mirror.js';
import * as rules from './act-rules.js';
import type { Known } from './act-rules.js';
import { inConsul } from './controls.js';
import type { Target } from './subjects.js';
import type { Shown } from './views.js';
import { own } from '../../lib/own.js';

/** How it was asked. */
export interface Asking {
  readonly dryRun: boolean;
  /** Only if what was said before is still at this index; 0: only if nothing was. */
  readonly cas: number | null;
  readonly key: string | null;
}

export interface ActsParts {
  readonly said: KvMirror<typeof controlSchema>;
  readonly journal: Pick<Journal, 'write'>;
  readonly clock: Clock;
  /** What would come of it. */
  readonly foresee: (
    shown: Shown,
    act: Drain | Order,
  ) => { readonly verdicts: readonly Verdict[]; readonly server: { readonly lifecycle: string } | null };
}

const minuteMs = 60_000;
/** An order that nobody begins by then is not begun: later it would come as a surprise. */
const orderMs = 10 * minuteMs;
/** As long as ledgers surely keep what an order began. */
const orderMaxMs = 60 * minuteMs;

export class Acts {
  constructor(private readonly parts: ActsParts) {}

  /** Rejects with a BallastError: 409 with the guardrail that refuses, 422 for a key that meant something else, 503. */
  async perform(shown: Shown, act: ActName, target: Target, body: ActRequest, asking: Asking): Promise<ActResponse> {
    const name = `${act === 'drain' || act === 'restore' ? 'drain' : 'order'}/${target.service}/${target.instance}`;
    const known = await inConsul(() => this.parts.said.look(name));
    const request = rules.requestOf(act, target, body, asking.key);
    const repeated = rules.repetition(act, target, known, request, shown);
    if (repeated) return repeated;
    rules.checkIndex(name, known, asking.cas);
    const value = this.valueOf(
      act,
      target,
      body,
      { ...asking, known, requests: rules.requestsOf(known, request) },
      shown,
    );
    const { verdicts, server } = act === 'restore' ? { verdicts: [], server: null } : this.parts.foresee(shown, value);
    const refused = rules.refusedOf(verdicts);
    const answer = rules.answerOf(act, target, value, verdicts);
    if (asking.dryRun)
      return { ...answer, dryRun: true, allowed: refused.length === 0, lifecycle: server?.lifecycle ?? null };
    if (refused.length > 0) throw rules.refusal(act, target, refused);
    return { ...answer, index: await this.write(name, known, value, act) };
  }

  /** What was said of instances, as this scheduler knows it. */
  list({ world }: Shown): ActsResponse {
    const now = this.parts.clock.now();
    const drains: ActsResponse['drains'] = [];
    const orders: ActsResponse['orders'] = [];
    for (const entry of this.parts.said.all().values()) {
      if (entry.kind !== 'value') continue;
      const { value, modifyIndex: index } = entry;
      if (value.kind === 'drain') drains.push({ ...value, index });
      if (value.kind !== 'order') continue;
      const ledger = world.services.find(({ policy }) => policy.service === value.service)?.ledger ?? null;
      const state = isBegun(value, ledger) ? 'begun' : value.until <= now ? 'expired' : 'waits';
      orders.push({ ...value, index, state });
    }
    return { drains, orders };
  }

  private valueOf(
    act: ActName,
    target: Target,
    body: ActRequest,
    { known, cas, key, requests }: Asking & { readonly known: Known; readonly requests: Drain['requests'] },
    shown: Shown,
  ): Drain | Order {
    const now = this.parts.clock.now();
    const until = rules.endOf(body, now);
    const by = { ...target, author: body.author, reason: body.reason, requests };
    if (act === 'drain') return { kind: 'drain', ...by, since: now, until, restored: null };
    if (act === 'restore') return rules.restored(by, known, isHeld(target, shown), now);
    if (cas === null) rules.refusePending(known, shown, now);
    if (until !== null && until - now > orderMaxMs)
      throw new BallastError('INVALID_REQUEST', 'an order is begun within the hour or not at all: until is later', {
        status: 400,
      });
    const id = rules.orderId(target, key);
    return { kind: 'order', ...by, id, step: act, at: now, until: until ?? now + orderMs, forced: body.forced };
  }

  private async write(name: string, known: Known, value: Drain | Order, act: ActName): Promise<number> {
    const { said, clock, journal } = this.parts;
    const { service, instance } = value;
    if (!(await inConsul(() => said.put(name, value, known))))
      throw new BallastError('CONFLICT', `somebody else spoke of ${service}/${instance} just now`, {
        status: 409,
        hint: 'look, and say it again',
      });
    if (act === 'restore') await this.withdraw(value);
    journal.write([
      {
        ...{ at: clock.now(), kind: 'human', service, instance, action: null, token: null },
        ...{ code: act === 'drain' ? 'DRAINED' : null, text: rules.sentenceOf(value), data: { ...value } },
      },
    ]);
    return rules.indexOf(said.get(name));
  }

  /** Who takes it back wants nothing else done to it either. */
  private async withdraw({ service, instance }: Target): Promise<void> {
    const name = `order/${service}/${instance}`;
    if (this.parts.said.get(name).kind !== 'absent') await inConsul(() => this.parts.said.delete(name));
  }
}

/** Quarantined, or an order waits: there is something to take back though nobody drained it. */
const isHeld = ({ service, instance }: Target, { world, decision }: Shown): boolean => {
  const record = [...decision.memory.services].find(([name]) => name === service)?.[1];
  const ordered = world.controls?.orders.some((one) => one.service === service && one.instance === instance);
  return ((record && own(record.instances, instance))?.quarantine ?? null) !== null || ordered === true;
};

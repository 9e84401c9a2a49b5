import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Action, ledgerSchema, ServiceRecord, serviceRecordSchema } from '../client/index.js';
import type { Gateway } from '../gateway/types.js';
import type { Journal, NewEntry } from '../journal/index.js';
import type { CatalogEntry, Command, Decision, Event, World } from '../model.js';
import type { KvMirror } from '../world/mirror.js';
import type { RuntimeFacts } from '../world/runtime.js';
import { desiredUpstreams } from './desired.js';
import { type Fate, LedgerWriter } from './ledgers.js';
import type { Steps } from './steps.js';
import type { Tidier } from './tidier.js';

export interface ApplierParts {
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly gateway: Gateway | null;
  readonly steps: Steps;
  readonly tidier: Tidier;
  readonly facts: RuntimeFacts;
  readonly journal: Journal;
  readonly log: Log;
}

/** What is told of an action as soon as its new phase is known to be in the ledger. */
interface Untold {
  readonly action: Action;
  readonly lines: readonly NewEntry[];
}

/**
 * Carries a decision out, under the leadership that it was made with: traffic first, then the ledger, then the journal, then
 * what the ledger names. Every write is compare-and-set; one that fails is tried again by the next decision.
 */
export class Applier {
  /** Services whose record is not in Consul yet. */
  private readonly dirty = new Set<ServiceName>();
  private readonly writer: LedgerWriter;
  private untold: readonly Untold[] = [];

  constructor(private readonly parts: ApplierParts) {
    this.writer = new LedgerWriter(parts.ledgers, parts.log);
  }

  /** Before each decision: a write that was not answered may stand in the ledger all the same, and is told then. */
  async catchUp(): Promise<void> {
    for (const one of this.untold) {
      const holds = await this.writer.holds(one.action).catch(() => null);
      if (holds === null) return;
      if (holds) this.parts.journal.write(one.lines, [one.action]);
      this.untold = this.untold.filter((other) => other !== one);
    }
  }

  async apply(decision: Decision, world: World, now: number, signal: AbortSignal): Promise<void> {
    const { token } = world.lead;
    if (!world.lead.held || token === null) {
      this.parts.gateway?.hold();
      return;
    }
    for (const service of decision.changed) this.dirty.add(service);
    this.serve(decision, world);
    const actions = decision.commands.flatMap((command) => (command.do === 'ledger' ? [command.action] : []));
    const fates = await this.writer.write(actions, world, token, now);
    this.tell(decision.events, actions, fates, token, now);
    if (![...fates.values()].includes('unanswered')) await this.writeRecords(decision, token);
    this.command(decision.commands, world, token, signal);
  }

  private serve(decision: Decision, world: World): void {
    if (!this.parts.gateway) return;
    const desired = desiredUpstreams(decision.plan.services, world.services, world.gateway);
    if (desired) this.parts.gateway.submit(desired);
  }

  /** Until Consul does not answer: what is left is tried again by the next decision. */
  private async writeRecords(decision: Decision, token: number): Promise<void> {
    const { log } = this.parts;
    try {
      for (const service of [...this.dirty]) {
        const record = decision.memory.services.get(service);
        if (!record || (await this.writeRecord(service, { ...record, token }))) this.dirty.delete(service);
      }
    } catch (error) {
      log.warn(
        { waiting: this.dirty.size, err: messageOf(error) },
        'what was decided could not be written to Consul; it is tried again',
      );
    }
  }

  private async writeRecord(service: ServiceName, record: ServiceRecord): Promise<boolean> {
    const { records } = this.parts;
    const known = records.get(service);
    // A newer leader's record stays; one that nobody can read is replaced.
    if (known.kind === 'value' && known.value.token > record.token) return true;
    return records.put(service, record);
  }

  private command(commands: readonly Command[], world: World, token: number, signal: AbortSignal): void {
    const { facts, steps, tidier } = this.parts;
    for (const command of commands) {
      if (command.do === 'ledger') continue;
      const { service, instance } = command.do === 'look' ? command : command.action;
      const found = find(world, service, instance, command.do === 'tidy' ? command.action : null);
      if (!found) continue;
      if (command.do === 'look') facts.look(found.policy, found.entry, signal);
      else if (command.do === 'tidy') tidier.start(command.action, found.policy, found.entry, token);
      else if (!tidier.isBusy(command.action)) steps.start(command.action, found.policy, found.entry);
    }
    // What cannot be read may still be open: then nothing is forgotten.
    const ledgers = world.services.flatMap(({ ledger }) => ledger ?? []);
    if (ledgers.length === world.services.length) {
      tidier.retain(new Set(ledgers.flatMap(({ closed }) => closed.map((action) => action.id))));
      steps.retain(new Set(ledgers.flatMap(({ open }) => open.map((action) => action.id))));
    }
  }

  /** Of a phase that was not written nothing is told; of one that perhaps was, later. */
  private tell(
    events: readonly Event[],
    actions: readonly Action[],
    fates: ReadonlyMap<string, Fate>,
    token: number,
    at: number,
  ): void {
    const line = (event: Event): NewEntry => ({ ...event, at, token });
    const fateOf = (id: string | null): Fate => (id === null ? 'written' : (fates.get(id) ?? 'written'));
    const withFate = (fate: Fate): Action[] => actions.filter((action) => fates.get(action.id) === fate);
    this.parts.journal.write(
      events.filter((event) => fateOf(event.action) === 'written').map(line),
      withFate('written'),
    );
    const unsure = withFate('unanswered').map((action) => {
      const lines = events.filter((event) => event.action === action.id).map(line);
      return { action, lines };
    });
    this.untold = [...this.untold, ...unsure];
  }
}

/** Of the catalog, or, for one that left it half-way through its action, of the action itself. */
const find = (
  world: World,
  service: string,
  instance: string,
  about: Action | null,
): { policy: ServicePolicy; entry: CatalogEntry } | null => {
  const found = world.services.find((candidate) => candidate.policy.service === service);
  if (!found) return null;
  const entries = found.catalog.kind === 'waiting' ? [] : found.catalog.entries;
  const action = about ?? found.ledger?.open.find((candidate) => candidate.instance === instance);
  const entry = entries.find((candidate) => candidate.id === instance) ?? (action ? entryOf(action) : null);
  return entry ? { policy: found.policy, entry } : null;
};

const entryOf = ({ instance, node, nodeAddress, address, port }: Action): CatalogEntry => ({
  id: instance as InstanceId,
  node: { name: node, address: nodeAddress },
  address,
  port,
  meta: {},
  consul: 'critical',
});

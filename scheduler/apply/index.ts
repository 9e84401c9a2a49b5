import type { InstanceId, ServiceName, ServicePolicy } from '../../config/index.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Action, ledgerSchema, serviceRecordSchema } from '../client/index.js';
import type { Gateway } from '../gateway/types.js';
import type { Journal } from '../journal/index.js';
import type { CatalogEntry, Command, Decision, Event, World } from '../model.js';
import type { KvMirror } from '../world/mirror.js';
import type { RuntimeFacts } from '../world/runtime.js';
import { desiredUpstreams } from './desired.js';
import { emptyLedger, ledgerKeepMs, withAction } from './ledger.js';
import type { Steps } from './steps.js';

export interface ApplierParts {
  readonly records: KvMirror<typeof serviceRecordSchema>;
  readonly ledgers: KvMirror<typeof ledgerSchema>;
  readonly gateway: Gateway | null;
  readonly steps: Steps;
  readonly facts: RuntimeFacts;
  readonly journal: Journal;
  readonly log: Log;
}

type LedgerCommand = Extract<Command, { do: 'ledger' }>;

/**
 * Carries a decision out, under the leadership that it was made with: traffic first, then the ledger, then what the ledger
 * names, then the journal. Every write is compare-and-set; one that fails is tried again by the next decision.
 */
export class Applier {
  /** Services whose record is not in Consul yet. */
  private readonly dirty = new Set<ServiceName>();

  constructor(private readonly parts: ApplierParts) {}

  async apply(decision: Decision, world: World, now: number, signal: AbortSignal): Promise<void> {
    const { token } = world.lead;
    if (!world.lead.held || token === null) {
      this.parts.gateway?.hold();
      return;
    }
    this.serve(decision, world);
    const failed = await this.writeLedgers(decision.commands, world, token, now);
    await this.writeRecords(decision, token);
    this.command(decision.commands, world, signal);
    this.tell(decision.events, failed, token, now);
  }

  /** True while a decision is not wholly in Consul. */
  get behind(): boolean {
    return this.dirty.size > 0;
  }

  private serve(decision: Decision, world: World): void {
    if (!this.parts.gateway) return;
    const desired = desiredUpstreams(decision.plan.services, world.services, world.gateway);
    if (desired) this.parts.gateway.submit(desired);
  }

  /** Ids of the actions whose new phase could not be written. */
  private async writeLedgers(
    commands: readonly Command[],
    world: World,
    token: number,
    now: number,
  ): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    for (const { action } of commands.filter((c): c is LedgerCommand => c.do === 'ledger')) {
      if (await this.writeAction(action, world, token, now)) this.parts.journal.record(action);
      else failed.add(action.id);
    }
    return failed;
  }

  private async writeAction(action: Action, world: World, token: number, now: number): Promise<boolean> {
    const { ledgers, log } = this.parts;
    const known = ledgers.get(action.service);
    if (known.kind === 'bad') return false;
    const ledger = known.kind === 'value' ? known.value : emptyLedger;
    const policy = world.services.find((candidate) => candidate.policy.service === action.service)?.policy;
    if (ledger.token > token || !policy) return false;
    try {
      const next = withAction(ledger, action, token, now, ledgerKeepMs(policy.guardrails));
      return await ledgers.put(action.service, next);
    } catch (error) {
      log.warn(
        { action: action.id, phase: action.phase, err: messageOf(error) },
        'the ledger could not be written; the step waits',
      );
      return false;
    }
  }

  private async writeRecords(decision: Decision, token: number): Promise<void> {
    for (const service of decision.changed) this.dirty.add(service);
    for (const service of [...this.dirty]) {
      const record = decision.memory.services.get(service);
      if (!record || (await this.writeRecord(service, { ...record, token }))) this.dirty.delete(service);
    }
  }

  private async writeRecord(
    service: ServiceName,
    record: Parameters<ApplierParts['records']['put']>[1],
  ): Promise<boolean> {
    const { records, log } = this.parts;
    const known = records.get(service);
    // What cannot be read is left for a person to look at; an older leader's record is not.
    if (known.kind === 'value' && known.value.token > record.token) return true;
    try {
      return await records.put(service, record);
    } catch (error) {
      log.warn(
        { service, err: messageOf(error) },
        'what was decided could not be written to Consul; it is tried again',
      );
      return false;
    }
  }

  private command(commands: readonly Command[], world: World, signal: AbortSignal): void {
    const { facts, steps } = this.parts;
    for (const command of commands) {
      if (command.do === 'ledger') continue;
      const { service, instance } = command.do === 'look' ? command : command.action;
      const found = find(world, service, instance);
      if (!found) continue;
      if (command.do === 'look') facts.look(found.policy, found.entry, signal);
      else steps.start(command.action, found.policy, found.entry);
    }
    const open = world.services.flatMap((s) => s.ledger?.open.map((action) => action.id) ?? []);
    steps.retain(new Set(open));
  }

  private tell(events: readonly Event[], failed: ReadonlySet<string>, token: number, at: number): void {
    const written = events.filter((event) => event.action === null || !failed.has(event.action));
    this.parts.journal.write(written.map((event) => ({ ...event, at, token })));
  }
}

/** Of the catalog, or, for one that left it half-way through its action, of the action itself. */
const find = (
  world: World,
  service: string,
  instance: string,
): { policy: ServicePolicy; entry: CatalogEntry } | null => {
  const found = world.services.find((candidate) => candidate.policy.service === service);
  if (!found) return null;
  const entries = found.catalog.kind === 'waiting' ? [] : found.catalog.entries;
  const action = found.ledger?.open.find((candidate) => candidate.instance === instance);
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

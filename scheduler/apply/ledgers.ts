import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import type { Action, ledgerSchema } from '../client/index.js';
import type { World } from '../model.js';
import type { KvMirror, Mirrored } from '../world/mirror.js';
import { emptyLedger, ledgerKeepMs, withAction } from './ledger.js';

type Entry = Mirrored<ReturnType<typeof ledgerSchema.parse>>;

/**
 * What became of one write. `refused`: somebody else wrote in between, or is a newer leader; nothing of ours is there.
 * `unanswered`: nobody knows yet; the next decision waits for the answer of `holds`.
 */
export type Fate = 'written' | 'refused' | 'unanswered';

/** Puts the new phases of actions into the ledgers, each against the very state that was decided on. */
export class LedgerWriter {
  constructor(
    private readonly ledgers: KvMirror<typeof ledgerSchema>,
    private readonly log: Log,
  ) {}

  /**
   * By action id. To be called before anything is awaited after the decision: what the ledgers hold at this moment is what
   * was decided on. Once Consul did not answer, the rest is left for the next decision.
   */
  async write(
    actions: readonly Action[],
    world: World,
    token: number,
    now: number,
  ): Promise<ReadonlyMap<string, Fate>> {
    const decidedOn = new Map(actions.map(({ service }) => [service, this.ledgers.get(service)]));
    const fates = new Map<string, Fate>();
    let silent = false;
    for (const action of actions) {
      const fate: Fate = silent ? 'refused' : await this.one(action, decidedOn, world, token, now);
      silent ||= fate === 'unanswered';
      fates.set(action.id, fate);
    }
    return fates;
  }

  /** Whether the ledger holds this very phase of this action. Rejects while nobody can say. */
  async holds({ id, service, phase, phaseAt, token }: Action): Promise<boolean> {
    const entry = await this.ledgers.look(service);
    if (entry.kind !== 'value') return false;
    const found = [...entry.value.open, ...entry.value.closed].find((action) => action.id === id);
    return found?.phase === phase && found.phaseAt === phaseAt && found.token === token;
  }

  private async one(
    action: Action,
    decidedOn: Map<string, Entry>,
    world: World,
    token: number,
    now: number,
  ): Promise<Fate> {
    const { service } = action;
    const known = decidedOn.get(service) ?? { kind: 'absent' };
    const policy = world.services.find((candidate) => candidate.policy.service === service)?.policy;
    if (known.kind === 'bad' || !policy) return 'refused';
    const ledger = known.kind === 'value' ? known.value : emptyLedger;
    if (ledger.token > token) return 'refused';
    try {
      const next = withAction(ledger, action, token, now, ledgerKeepMs(policy.guardrails));
      if (!(await this.ledgers.put(service, next, known))) return 'refused';
      decidedOn.set(service, this.ledgers.get(service));
      return 'written';
    } catch (error) {
      this.log.warn(
        { action: action.id, phase: action.phase, err: messageOf(error) },
        'the ledger could not be written; the step waits',
      );
      return 'unanswered';
    }
  }
}

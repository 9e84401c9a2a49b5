/**
 * The people of a simulated fleet: they decide what waits for them, sooner or later or not at all, and now and then forbid
 * what would be done. What they say depends on the seed and on what is proposed, never on the order of calls.
 */
import type { Approval, Controls, HealProposal } from '../../scheduler/client/index.js';
import { approvalMs, vetoMs } from '../../scheduler/consent.js';
import type { Decision } from '../../scheduler/model.js';
import { Chance } from './chance.js';

const second = 1_000;
const minute = 60 * second;

/** After so long somebody decides whatever still waits, once the day's troubles are over. */
const lateMs = minute;

interface Intention {
  readonly says: Approval['says'] | 'nothing';
  readonly at: number;
}

export class People {
  /** What they mean to say of each proposal that they have seen. */
  private readonly intentions = new Map<string, Intention>();

  constructor(
    private readonly seed: number,
    /** The troubles are over: people come back to what they left. */
    private readonly overAt: number,
  ) {}

  /** What is said by now, with what was said before. */
  speak(said: Controls, { plan }: Decision, now: number): Controls {
    let { approvals } = said;
    if (now >= this.overAt) approvals = approvals.filter(({ says }) => says !== 'veto');
    for (const { proposals } of plan.services)
      for (const proposal of proposals) {
        const word = this.wordOn(proposal, approvals, now);
        if (word) approvals = [...approvals.filter((one) => one.instance !== proposal.instance), word];
      }
    return approvals === said.approvals ? said : { ...said, approvals };
  }

  private wordOn(proposal: HealProposal, approvals: readonly Approval[], now: number): Approval | null {
    // What one of them ordered needs no word, and the API takes none.
    if (proposal.order !== null) return null;
    const intention = this.intentionOf(proposal, now);
    if (intention.says === 'nothing' || now < intention.at) return null;
    const last = approvals.find(({ instance }) => instance === proposal.instance);
    // An approval is said of what waits; said again only once it has run out or was used up.
    if (intention.says === 'approve' && (!proposal.waits || (last?.says === 'approve' && now < last.until)))
      return null;
    if (intention.says === 'veto' && last?.says === 'veto' && last.proposal === proposal.id) return null;
    const { id, service, instance, step, because, verdicts } = proposal;
    return {
      ...{
        kind: 'approval',
        proposal: id,
        service,
        instance,
        step,
        says: intention.says,
        author: 'ana',
        reason: 'saw it',
      },
      ...{ at: now, until: now + (intention.says === 'veto' ? vetoMs : approvalMs) },
      snapshot: { because, zone: 'red', score: null, verdicts },
    };
  }

  private intentionOf({ id }: HealProposal, now: number): Intention {
    if (now >= this.overAt) return { says: 'approve', at: this.overAt + lateMs };
    const known = this.intentions.get(id);
    if (known) return known;
    const chance = new Chance(this.seed, `word on ${id}`);
    const draw = chance.next();
    const says = draw < 0.65 ? 'approve' : draw < 0.75 ? 'veto' : 'nothing';
    const intention: Intention = { says, at: now + chance.between(10 * second, 12 * minute) };
    this.intentions.set(id, intention);
    return intention;
  }
}

/**
 * What people of a simulated fleet do by hand to one instance, as the API lets them: the same foresight, the same refusals.
 * What is refused is asked again a minute later, for as long as they care.
 */
import type { InstanceId } from '../../config/index.js';
import { refusedOf } from '../../scheduler/api/act-rules.js';
import type { Controls, Drain, Order } from '../../scheduler/client/index.js';
import { foresee } from '../../scheduler/foresee.js';
import type { Decision, FleetPolicy, Judge, World } from '../../scheduler/model.js';
import type { SimService } from './service.js';
import type { ByHand } from './story.js';

const askAgainMs = 60_000;
/** As the API gives them: not begun by then, they are not begun. */
const orderMs = 10 * 60_000;

export interface ActsParts {
  readonly services: readonly SimService[];
  readonly fleet: FleetPolicy;
  readonly judge: Judge | undefined;
  readonly ordered: (order: Order) => void;
  readonly withdrawn: (id: string, now: number) => void;
  readonly tell: (line: string) => void;
}

interface Wish {
  readonly incident: ByHand;
  nextAt: number;
  /** What it came to; null: nothing yet. */
  act: Drain | Order | null;
}

const isAbout = (act: Drain | Order | null, { service, instance }: Drain | Order): boolean =>
  act?.service === service && act.instance === instance;

export class Acts {
  private wishes: readonly Wish[] = [];
  private said = 0;

  constructor(private readonly parts: ActsParts) {}

  begin(incident: ByHand, now: number): void {
    this.wishes = [...this.wishes, { incident, nextAt: now, act: null }];
  }

  /** They take back what they said, or forget that they wanted it. */
  end(incident: ByHand, controls: Controls, now: number): Controls {
    const wish = this.wishes.find((one) => one.incident === incident);
    this.wishes = this.wishes.filter((one) => one !== wish);
    const act = wish?.act;
    if (!act) return controls;
    if (act.kind === 'order') {
      if (!incident.withdrawn) return controls;
      this.parts.withdrawn(act.id, now);
      return { ...controls, orders: controls.orders.filter(({ id }) => id !== act.id) };
    }
    const restored: Drain = { ...act, restored: { author: 'ana', reason: 'done', at: now } };
    return { ...controls, drains: [...controls.drains.filter((other) => !isAbout(act, other)), restored] };
  }

  /** What is said by now. They see what the leader shows. */
  speak(controls: Controls, world: World, { memory }: Decision, now: number): Controls {
    let said = controls;
    for (const wish of this.wishes) {
      if (wish.act !== null || now < wish.nextAt) continue;
      wish.nextAt = now + askAgainMs;
      const act = this.actOf(wish.incident, now);
      if (act === null) continue;
      const { fleet, judge } = this.parts;
      const { verdicts, server } = foresee({ world: { ...world, controls: said }, memory, fleet, now, judge }, act);
      const [refused] = refusedOf(verdicts);
      this.parts.tell(`ana asks for ${wish.incident.kind} of ${act.instance}: ${refused?.text ?? 'yes'}`);
      if (server === null || refused) continue;
      wish.act = act;
      if (act.kind === 'order') this.parts.ordered(act);
      said = withAct(said, act);
    }
    return said;
  }

  private actOf({ kind, scope, at, forced }: ByHand, now: number): Drain | Order | null {
    const service = this.parts.services[scope];
    const instance = service && targetOf(service, at);
    if (!instance) return null;
    const by = { service: service.policy.service, instance, author: 'ana', reason: 'looks at it', requests: [] };
    if (kind === 'drain') return { kind, ...by, since: now, until: null, restored: null };
    return { kind: 'order', ...by, id: `order-${++this.said}`, step: kind, at: now, until: now + orderMs, forced };
  }
}

const withAct = (controls: Controls, act: Drain | Order): Controls =>
  act.kind === 'drain'
    ? { ...controls, drains: [...controls.drains.filter((other) => !isAbout(act, other)), act] }
    : { ...controls, orders: [...controls.orders.filter((other) => !isAbout(act, other)), act] };

/** The one at that place; or whoever is worst, and nobody where all are well. */
const targetOf = ({ processes, scores }: SimService, at: number | 'worst'): InstanceId | undefined => {
  const ids = [...processes.keys()];
  if (at !== 'worst') return ids[at];
  const scoreOf = (id: InstanceId): number => {
    const score = scores.get(id);
    return score?.up.state === 'down' ? -1 : (score?.score ?? 100);
  };
  const [worst] = ids.sort((a, b) => scoreOf(a) - scoreOf(b));
  return worst !== undefined && scoreOf(worst) < 80 ? worst : undefined;
};

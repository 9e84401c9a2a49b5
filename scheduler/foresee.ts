/** What would come of a person's act: the very decision that the leader would make, on the world as it is, with the act in it. */
import {
  type Controls,
  type Drain,
  noControls,
  type Order,
  type PlannedServer,
  type ServicePlan,
  type Verdict,
} from './client/index.js';
import type { InstanceId } from '../config/index.js';
import { decide } from './decide.js';
import { headroom } from './guard/headroom.js';
import type { FleetPolicy, Judge, LeadState, Memory, World } from './model.js';

export interface Foreseen {
  /** Of the guardrails that the act has to pass. */
  readonly verdicts: readonly Verdict[];
  /** As it would be planned; null: it is not in the catalog. */
  readonly server: PlannedServer | null;
}

export interface ForeseeParts {
  readonly world: World;
  readonly memory: Memory;
  readonly fleet: FleetPolicy;
  readonly now: number;
  /** Another set of guardrails than the real one. */
  readonly judge?: Judge | undefined;
}

const watchedMs = 3_600_000;

/** Whoever is asked answers as a leader who has watched for long: who really acts is not what is asked. */
const leading = ({ lead, services }: World, now: number): LeadState => ({
  held: true,
  token: Math.max(lead.token ?? 0, ...services.map(({ ledger }) => ledger?.token ?? 0)),
  heldSince: now - watchedMs,
  confirmedAgoMs: 0,
  why: 'supposed',
});

/** The act instead of what was said before of the same instance. */
const withAct = (controls: Controls | null, act: Drain | Order): Controls => {
  const said = controls ?? noControls;
  const others = <T extends { readonly service: string; readonly instance: string }>(all: readonly T[]): T[] =>
    all.filter(({ service, instance }) => service !== act.service || instance !== act.instance);
  return act.kind === 'drain'
    ? { ...said, drains: [...others(said.drains), act] }
    : { ...said, orders: [...others(said.orders), act] };
};

export const foresee = ({ world, memory, fleet, now, judge }: ForeseeParts, act: Drain | Order): Foreseen => {
  const supposed = { ...world, lead: leading(world, now), controls: withAct(world.controls, act) };
  const { plan } = decide(supposed, memory, fleet, now, judge);
  const service = plan.services.find((one) => one.service === act.service) ?? null;
  const server = service?.servers.find((one) => one.instance === act.instance) ?? null;
  if (!service || !server) return { verdicts: [], server };
  const verdicts = act.kind === 'order' ? orderVerdicts(service, act, world) : loadVerdicts(world, memory, act);
  return { verdicts: [...leavingVerdicts(service, server), ...verdicts], server };
};

/** Without the ledger nobody knows whether an order was begun: it is looked at by nobody. */
const orderVerdicts = ({ service, proposals }: ServicePlan, { id }: Order, { services }: World): readonly Verdict[] => {
  const ledger = services.find(({ policy }) => policy.service === service)?.ledger ?? null;
  if (ledger === null) return [{ code: 'UNVERIFIED', allowed: false, text: 'the ledger could not be read' }];
  return proposals.find((proposal) => proposal.order === id)?.verdicts ?? [];
};

/** What the others would bear. Who drains has judged that: it is said, and holds nothing back. */
const loadVerdicts = (world: World, memory: Memory, { service: name, instance }: Drain): readonly Verdict[] => {
  const service = world.services.find(({ policy }) => policy.service === name);
  const record = service && memory.services.get(service.policy.service);
  if (!record || service.policy.guardrails.headroom === null) return [];
  const verdict = headroom({ world, service, record, instance: instance as InstanceId });
  return [
    verdict.allowed
      ? verdict
      : { ...verdict, allowed: true, text: `WARNING: ${verdict.text}; a drain is done all the same` },
  ];
};

/** Whether it would leave rotation, and if not, by which rule. */
const leavingVerdicts = (
  { reasons, mode, upstream }: ServicePlan,
  { weight, reasons: own }: PlannedServer,
): readonly Verdict[] => {
  if (upstream === null || mode.traffic !== 'act') return [];
  if (weight === 0) return [{ code: 'MIN_AVAILABLE', allowed: true, text: own[0]?.text ?? 'out of rotation' }];
  const frozen = reasons.find(({ code }) => code === 'BLIND' || code === 'PANIC');
  if (frozen) return [{ ...frozen, allowed: false }];
  const held = own.find(({ code }) => code === 'DRAIN_HELD' || code === 'HELD_FLOOR');
  return held ? [{ code: 'MIN_AVAILABLE', allowed: false, text: held.text }] : [];
};

import type { ServiceName } from '../../config/index.js';
import type { Decision, World } from '../model.js';
import type { Action, GatewayView, InstanceView, PlannedServer, ServicePlan, ServiceRecord } from '../client/index.js';
import { own } from '../../lib/own.js';

/** What the API shows: the last decision and the world that it was made on. */
export interface Shown {
  readonly world: World;
  readonly decision: Decision;
  readonly at: number;
}

/** `GET /v1/instances`: each instance with what was decided, what is served, and what is held back by what. */
export const instanceViews = ({ world, decision, at }: Shown): InstanceView[] =>
  decision.plan.services.flatMap((plan) => {
    const record = decision.memory.services.get(plan.service as ServiceName);
    const service = world.services.find((candidate) => candidate.policy.service === plan.service);
    return plan.servers.map((server): InstanceView => {
      const memory = record && own(record.instances, server.instance);
      const score = service?.scores.instances.get(server.instance as never);
      const action = service?.ledger?.open.find((candidate) => candidate.instance === server.instance);
      return {
        service: plan.service,
        instance: server.instance,
        node: score?.node ?? action?.node ?? '',
        address: server.address,
        port: server.port,
        zone: server.zone,
        score: score?.score ?? null,
        lifecycle: server.lifecycle,
        since: sinceOf(record, server, at),
        breaker: memory?.breaker ?? { state: 'closed', opened: 0, since: at },
        weight: plan.upstream === null ? null : server.weight,
        applied: appliedWeight(world.gateway, plan, server.instance),
        reasons: server.reasons,
        heldBack: heldBack(plan, server.instance),
        action: action?.id ?? null,
      };
    });
  });

const sinceOf = (record: ServiceRecord | undefined, server: PlannedServer, at: number): number => {
  const memory = record && own(record.instances, server.instance);
  if (!memory) return at;
  return memory.outSince ?? own(record.rotation, server.instance)?.since ?? memory.seenSince;
};

const heldBack = (plan: ServicePlan, instance: string): InstanceView['heldBack'] =>
  plan.proposals
    .filter((proposal) => proposal.instance === instance)
    .flatMap((p) => p.verdicts.filter((v) => !v.allowed));

/** Null: the gateway serves no such server. */
export const appliedWeight = (view: GatewayView | null, plan: ServicePlan, instance: string): number | null => {
  if (!view || plan.upstream === null) return null;
  return own(view.servers, plan.upstream)?.find((server) => server.instance === instance)?.weight ?? null;
};

/** Actions of the ledgers and, behind them, older ones of the journal; newest first, each once. */
export const allActions = (world: World, older: readonly Action[], limit: number): Action[] => {
  const byId = new Map<string, Action>();
  for (const action of older) byId.set(action.id, action);
  for (const { ledger } of world.services)
    for (const action of [...(ledger?.closed ?? []), ...(ledger?.open ?? [])]) byId.set(action.id, action);
  return [...byId.values()].sort((a, b) => b.phaseAt - a.phaseAt).slice(0, limit);
};

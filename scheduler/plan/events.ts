import type { ServicePlan, ServiceRecord } from '../client/index.js';
import type { Event, ServiceWorld } from '../model.js';
import type { Weighed } from './service.js';

const weightWord = (weight: number, lifecycle: string): string =>
  weight > 0 ? `weight ${weight}` : lifecycle === 'joining' ? 'joining' : 'out';

/** What changed for one instance: its weight, or its way of life. Nothing changed, nothing said. */
export const trafficEvent = ({ policy }: ServiceWorld, { stance: { seat }, after, reasons }: Weighed): Event[] => {
  const before = seat.memory;
  const [reason] = reasons;
  if (!reason || (before.weight === after.weight && before.lifecycle === after.lifecycle)) return [];
  const from = weightWord(before.weight, before.lifecycle);
  const to = weightWord(after.weight, after.lifecycle);
  const change = from === to ? `${before.lifecycle} -> ${after.lifecycle}` : `${from} -> ${to}`;
  const observed = policy.traffic?.mode === 'act' ? '' : ' (not applied: traffic is only observed)';
  return [
    {
      kind: 'traffic',
      service: policy.service,
      instance: seat.id,
      action: seat.action?.id ?? null,
      code: reason.code,
      text: `${change}: ${reason.text}${observed}`,
      data: {
        weight: after.weight,
        weightBefore: before.weight,
        lifecycle: after.lifecycle,
        lifecycleBefore: before.lifecycle,
        zone: seat.zone,
        score: seat.score?.score ?? null,
      },
    },
  ];
};

/** The state of the whole service, where something can be said about why. */
export const stateEvent = (
  { policy }: ServiceWorld,
  before: ServiceRecord,
  after: ServiceRecord,
  plan: ServicePlan,
): Event[] => {
  const [reason] = plan.reasons;
  if (before.state === after.state || !reason) return [];
  return [
    {
      kind: 'system',
      service: policy.service,
      instance: null,
      action: null,
      code: reason.code,
      text: `${before.state} -> ${after.state}: ${reason.text}`,
      data: { state: after.state, stateBefore: before.state },
    },
  ];
};

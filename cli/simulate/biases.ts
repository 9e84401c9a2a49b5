/**
 * What puts one guardrail in the way: incidents that come together so that a step would be taken but for it, and a fleet
 * whose other guardrails do not refuse the same. For `switch-off.ts`, where chance alone takes too long.
 */
import type { ServicePolicy } from '../../config/index.js';
import type { Fleet } from './fleet.js';
import type { Chance } from './chance.js';
import type { Incident, Where } from './story.js';
import type { Pen } from './tell.js';

const second = 1_000;
const minute = 60 * second;

type Draw = (pen: Pen) => readonly Incident[];

interface Bias {
  readonly draw: Draw;
  readonly weaken?: (policy: ServicePolicy) => ServicePolicy;
}

const placeIn = ({ chance, stage }: Pen, service = chance.whole(0, stage.services.length - 1)): Where => ({
  service,
  instances: [chance.whole(0, (stage.services[service]?.instances ?? 1) - 1)],
});

/** A fault that lasts until somebody restarts it, or longer. */
const ill = ({ chance, from }: Pen, on: Where, forMs = 25 * minute): Incident => {
  const base = { on, from, to: from + forMs };
  return chance.pick<Incident>([
    { kind: 'crash', ...base },
    { kind: 'hang', ...base, cure: 'restart' },
    { kind: 'errors', ...base, share: 0.9, cure: 'restart' },
  ]);
};

/** Somebody is ill, and something else is the matter from about when the step would be taken. */
const illWith =
  (other: (pen: Pen, on: Where) => Incident | readonly Incident[]): Draw =>
  (pen) => {
    const on = placeIn(pen);
    return [ill(pen, on), ...[other(pen, on)].flat()];
  };

/** As long as it takes to be out and due. */
const due = (chance: Chance): number => chance.between(5 * second, 110 * second);

const lasting = ({ chance, from }: Pen, forMs: number): { readonly from: number; readonly to: number } => {
  const begin = from + due(chance);
  return { from: begin, to: begin + forMs };
};

/** All but one of a service. */
const others = ({ stage }: Pen, { service, instances }: Where): Where => ({
  service,
  instances: Array.from({ length: stage.services[service]?.instances ?? 1 }, (_, at) => at).filter(
    (at) => instances === 'all' || !instances.includes(at),
  ),
});

const withGuardrails =
  (change: Partial<ServicePolicy['guardrails']>) =>
  (policy: ServicePolicy): ServicePolicy => ({ ...policy, guardrails: { ...policy.guardrails, ...change } });

const oneIsEnough = { minAvailable: { kind: 'count', value: 1 } } as const;

const everywhere: Draw = (pen) => pen.stage.services.map((_, service) => ill(pen, placeIn(pen, service)));

const most: Draw = (pen) => {
  const where = others(pen, placeIn(pen));
  const { from, chance } = pen;
  const base = { on: where, from, to: from + 25 * minute };
  return [chance.happens(0.5) ? { kind: 'hang', ...base, cure: 'none' } : { kind: 'crash', ...base }];
};

/** All but one of a service suffer from the same: what they share is full, or slow. */
const alike: Draw = (pen) => {
  const on = others(pen, placeIn(pen));
  const metrics = (pen.stage.services[on.service]?.metrics ?? []).filter((name) => name !== 'db_wait');
  const metric = metrics[pen.chance.whole(0, metrics.length - 1)] ?? '';
  return [{ kind: 'metric', on, ...span(pen, 25), metric, level: 1.5, risesMs: 0, cure: 'none' }];
};

/** The same one again and again. */
const again: Draw = (pen) => {
  const on = placeIn(pen);
  return [0, 6, 12, 18].map((at) => ill({ ...pen, from: pen.from + at * minute }, on, 5 * minute));
};

/** One after the other of the same service. */
const inTurn: Draw = (pen) => {
  const { service } = placeIn(pen);
  const count = pen.stage.services[service]?.instances ?? 1;
  return Array.from({ length: 6 }, (_, nth) =>
    ill({ ...pen, from: pen.from + nth * 7 * minute }, { service, instances: [nth % count] }, 6 * minute),
  );
};

const biases: Readonly<Record<string, Bias>> = {
  NO_QUORUM: { draw: illWith((pen) => [0, 30, 60].map((at) => ({ kind: 'consul-silent', ...later(pen, at, 20) }))) },
  NEW_LEADER: { draw: illWith((pen) => ({ kind: 'leader-dies', ...lasting(pen, 2 * minute), afterCalls: 0 })) },
  PAUSED: { draw: illWith((pen, { service }) => ({ kind: 'pause', ...lasting(pen, 20 * minute), scope: service })) },
  MAINTENANCE: {
    draw: illWith((pen, { service }) => ({ kind: 'maintenance', ...lasting(pen, 20 * minute), scope: service })),
  },
  OBSERVE: {
    draw: illWith((pen, { service }) => ({
      ...{ kind: 'mode', ...lasting(pen, 20 * minute), scope: service, heal: 'observe' },
    })),
  },
  APPROVAL: {
    draw: illWith((pen, { service }) => ({
      ...{ kind: 'mode', ...lasting(pen, 20 * minute), scope: service, heal: 'suggest' },
    })),
  },
  PROTECTED: { draw: (pen) => [ill(pen, { service: 2, instances: [3] })] },
  BLIND: {
    draw: illWith((pen, on) => ({
      ...{ kind: 'lost-scrapes', on: others(pen, on), ...lasting(pen, 10 * minute), share: 1 },
    })),
    weaken: withGuardrails(oneIsEnough),
  },
  PANIC: { draw: most, weaken: withGuardrails(oneIsEnough) },
  STORM: { draw: everywhere },
  SHRINK: {
    draw: illWith((pen, { service }) => ({
      ...{ kind: 'catalog-loses', ...lasting(pen, 80 * second), service, share: 0.5 },
    })),
    weaken: withGuardrails(oneIsEnough),
  },
  STALE_SCORE: { draw: illWith((pen) => ({ kind: 'engine-stopped', ...lasting(pen, 3 * minute) })) },
  DWELL: { draw: illWith(() => []) },
  UNPROVEN: {
    draw: (pen) => [{ kind: 'errors', on: placeIn(pen), ...span(pen, 4), share: 0.9, cure: 'none' }],
  },
  DEPENDENCY: {
    draw: (pen) => [
      {
        kind: 'metric',
        on: placeIn(pen, 1),
        ...span(pen, 25),
        metric: 'db_wait',
        level: 1.5,
        risesMs: 0,
        cure: 'none',
      },
    ],
  },
  SHARED_CAUSE: { draw: alike, weaken: withGuardrails({ ...oneIsEnough, panic: 0.01 }) },
  CONTRADICTED: { draw: (pen) => [{ kind: 'lost-scrapes', on: placeIn(pen), ...span(pen, 15), share: 1 }] },
  MIN_AVAILABLE: { draw: most, weaken: withGuardrails({ panic: 0.1 }) },
  MAX_CONCURRENT: { draw: everywhere },
  MAX_ACTIONS: { draw: inTurn },
  BACKOFF: { draw: illWith((pen) => ({ kind: 'runtime-fails', ...lasting(pen, 10 * minute) })) },
  LADDER_SPENT: { draw: (pen) => [{ kind: 'hang', on: placeIn(pen), ...span(pen, 60), cure: 'none' }] },
  COOLDOWN: { draw: again },
  AMBIGUOUS_TARGET: {
    draw: illWith((pen) => ({ kind: 'runtime-unsure', ...lasting(pen, 5 * minute), how: 'ambiguous' })),
  },
  RUNTIME_UNREADABLE: {
    draw: illWith((pen) => ({ kind: 'runtime-unsure', ...lasting(pen, 5 * minute), how: 'unreadable' })),
  },
  NO_RUNTIME: { draw: illWith(() => []), weaken: (policy) => ({ ...policy, runtime: { kind: 'none' } }) },
};

function later({ from }: Pen, seconds: number, forSeconds: number): { readonly from: number; readonly to: number } {
  const begin = from + (60 + seconds) * second;
  return { from: begin, to: begin + forSeconds * second };
}

function span({ from }: Pen, minutes: number): { readonly from: number; readonly to: number } {
  return { from, to: from + minutes * minute };
}

export const biasOf = (code: string): Draw | null => biases[code]?.draw ?? null;

/** The fleet on which this guardrail alone stands in the way. */
export const weakened = (fleet: Fleet, code: string | null): Fleet => {
  const weaken = code === null ? undefined : biases[code]?.weaken;
  return weaken ? fleet.map((one) => ({ ...one, policy: weaken(one.policy) })) : fleet;
};

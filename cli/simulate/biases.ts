/**
 * What puts one guardrail in the way: incidents that come together so that a step would be taken but for it, and a fleet
 * whose other guardrails do not refuse the same. For `switch-off.ts`, where chance alone takes too long.
 */
import type { ServicePolicy } from '../../config/index.js';
import {
  again,
  alike,
  type Draw,
  everywhere,
  full,
  ill,
  illWith,
  inBetween,
  inTurn,
  lasting,
  later,
  leaves,
  minute,
  most,
  ordered,
  newcomers,
  others,
  placeIn,
  second,
  span,
} from './draws.js';
import type { Fleet } from './fleet.js';

interface Bias {
  readonly draw: Draw;
  readonly weaken?: (fleet: Fleet) => Fleet;
}

const each =
  (change: (policy: ServicePolicy) => ServicePolicy) =>
  (fleet: Fleet): Fleet =>
    fleet.map((one) => ({ ...one, policy: change(one.policy) }));

const guardrails = (change: Partial<ServicePolicy['guardrails']>): ((fleet: Fleet) => Fleet) =>
  each((policy) => ({ ...policy, guardrails: { ...policy.guardrails, ...change } }));

const ofSize =
  (instances: number) =>
  (fleet: Fleet): Fleet =>
    fleet.map((one) => ({ ...one, instances }));

const oneIsEnough = { minAvailable: { kind: 'count', value: 1 } } as const;

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
    draw: illWith((pen, on) => {
      const { service, instances } = others(pen, on);
      const three = instances === 'all' ? instances : instances.slice(0, 3);
      return { kind: 'empty-page', on: { service, instances: three }, ...lasting(pen, 10 * minute) };
    }),
    weaken: (fleet) => ofSize(5)(guardrails(oneIsEnough)(fleet)),
  },
  PANIC: { draw: most, weaken: guardrails(oneIsEnough) },
  STORM: { draw: everywhere },
  SHRINK: {
    draw: illWith((pen, { service }) => ({
      ...{ kind: 'catalog-loses', ...lasting(pen, 80 * second), service, share: 0.5 },
    })),
    weaken: guardrails(oneIsEnough),
  },
  STALE_SCORE: {
    draw: illWith((pen, on) => [
      { kind: 'engine-stopped', ...later(pen, 15, 240) },
      ordered(pen, { scope: on.service, at: 'worst', from: pen.from + 110 * second }),
    ]),
  },
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
  SHARED_CAUSE: { draw: alike, weaken: guardrails({ ...oneIsEnough, panic: 0.01 }) },
  CONTRADICTED: { draw: (pen) => [{ kind: 'lost-scrapes', on: placeIn(pen), ...span(pen, 15), share: 1 }] },
  MIN_AVAILABLE: { draw: most, weaken: guardrails({ panic: 0.1 }) },
  MAX_CONCURRENT: { draw: everywhere },
  MAX_ACTIONS: { draw: inTurn },
  BACKOFF: { draw: illWith((pen) => ({ kind: 'runtime-fails', ...lasting(pen, 10 * minute) })) },
  LADDER_SPENT: { draw: (pen) => [{ kind: 'hang', on: placeIn(pen), ...span(pen, 60), cure: 'none' }] },
  COOLDOWN: { draw: again },
  AMBIGUOUS_TARGET: { draw: illWith((pen) => ({ kind: 'twin-started', ...span(pen, 10) })) },
  RUNTIME_UNREADABLE: { draw: inBetween((when) => ({ kind: 'runtime-unsure', ...when, how: 'unreadable' })) },
  FENCED: { draw: illWith((pen) => ({ kind: 'lock-taken', ...span(pen, 20) })) },
  NO_SCORE: { draw: leaves },
  WARM_UP: { draw: newcomers },
  UNVERIFIED: { draw: illWith((pen) => ({ kind: 'ledger-doubled', ...span(pen, 20) })) },
  SINGLE: { draw: illWith(() => []), weaken: ofSize(1) },
  HEADROOM: { draw: full('cpu'), weaken: guardrails({ headroom: { metric: 'cpu' } }) },
  OVERLAP: {
    draw: illWith(() => []),
    weaken: (fleet) => fleet.map((one) => ({ ...one, firstPort: 8_000 })),
  },
  NO_RUNTIME: { draw: illWith(() => []), weaken: each((policy) => ({ ...policy, runtime: { kind: 'none' } })) },
};

export const biasOf = (code: string): Draw | null => biases[code]?.draw ?? null;

/** The fleet on which this guardrail stands in the way. */
export const weakened = (fleet: Fleet, code: string | null): Fleet => {
  const weaken = code === null ? undefined : biases[code]?.weaken;
  return weaken ? weaken(fleet) : fleet;
};

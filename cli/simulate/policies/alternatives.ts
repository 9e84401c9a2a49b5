/** What the defaults could be instead. Each changes one thing; the figures of all stand beside those of the default. */
import type { BreakerPolicy, ServicePolicy, TrafficPolicy, ZonePolicy } from '../../../config/index.js';
import type { Drawing } from './balancers/steered.js';

export interface Alternative {
  readonly change: (policy: ServicePolicy) => ServicePolicy;
  readonly drawing: Drawing;
}

const zones =
  (part: Partial<ZonePolicy>): Alternative['change'] =>
  (policy) => ({
    ...policy,
    scoring: { ...policy.scoring, zones: { ...policy.scoring.zones, ...part } },
  });

const scoring =
  (part: Partial<ServicePolicy['scoring']>): Alternative['change'] =>
  (policy) => ({
    ...policy,
    scoring: { ...policy.scoring, ...part },
  });

const traffic =
  (part: Partial<TrafficPolicy>): Alternative['change'] =>
  (policy) => ({
    ...policy,
    traffic: policy.traffic && { ...policy.traffic, ...part },
  });

const breaker =
  (part: Partial<BreakerPolicy>): Alternative['change'] =>
  (policy) => ({
    ...policy,
    traffic: policy.traffic && { ...policy.traffic, breaker: { ...policy.traffic.breaker, ...part } },
  });

const heal =
  (part: Partial<ServicePolicy['heal']>): Alternative['change'] =>
  (policy) => ({
    ...policy,
    heal: { ...policy.heal, ...part },
  });

const changes: Readonly<Record<string, Alternative['change']>> = {
  'fall 2': zones({ fall: 2 }),
  'fall 4': zones({ fall: 4 }),
  'rise 1': zones({ rise: 1 }),
  'rise 3': zones({ rise: 3 }),
  'min_coverage 40 %': zones({ minCoverage: 0.4 }),
  'min_coverage 80 %': zones({ minCoverage: 0.8 }),
  'half_life_down 0': scoring({ halfLifeDownMs: 1 }),
  'half_life_down 5 s': scoring({ halfLifeDownMs: 5_000 }),
  'half_life_up 5 s': scoring({ halfLifeUpMs: 5_000 }),
  'half_life_up 60 s': scoring({ halfLifeUpMs: 60_000 }),
  'blackout 10 s': scoring({ blackoutMs: 10_000 }),
  'blackout 30 s': scoring({ blackoutMs: 30_000 }),
  'floor 5 %': traffic({ floor: 0.05 }),
  'floor 20 %': traffic({ floor: 0.2 }),
  'slow_start 20 s': traffic({ slowStartMs: 20_000 }),
  'slow_start 30 s': traffic({ slowStartMs: 30_000 }),
  'slow_start 120 s': traffic({ slowStartMs: 120_000 }),
  'breaker open 10 s': breaker({ openMs: 10_000 }),
  'breaker open 15 s': breaker({ openMs: 15_000 }),
  'breaker open 60 s': breaker({ openMs: 60_000 }),
  'probation 10 requests': breaker({ requests: 10 }),
  'probation 50 requests': breaker({ requests: 50 }),
  'probation 2 scores': breaker({ goodScores: 2 }),
  'probation 5 scores': breaker({ goodScores: 5 }),
  'heal after 30 s': heal({ afterMs: 30_000 }),
  'heal after 120 s': heal({ afterMs: 120_000 }),
  'retries off': traffic({ retries: false }),
};

export const alternativeNames: readonly string[] = ['random two', 'always random two', ...Object.keys(changes)];

/** Of an unknown name: the defaults. */
export const alternativeOf = (name: string | null): Alternative => ({
  change: changes[name ?? ''] ?? ((policy) => policy),
  drawing: name === 'random two' || name === 'always random two' ? name : 'random',
});

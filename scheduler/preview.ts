/**
 * What would be decided with other policies: `decide` itself on the world as it is, with the scores that the engine says
 * these would give. Pure: nothing is applied, told or remembered.
 */
import type { InstanceId, ServicePolicy } from '../config/index.js';
import type { WhatIf, WhatIfService } from '../engine/client/index.js';
import type { Plan } from './client/index.js';
import { decide } from './decide.js';
import type { FleetPolicy, Memory, ServiceWorld, World } from './model.js';

export interface PreviewInputs {
  readonly world: World;
  readonly memory: Memory;
  readonly fleet: FleetPolicy;
  readonly candidates: readonly ServicePolicy[];
  readonly scores: WhatIf;
  readonly now: number;
}

/** Weights move by steps, one a decision: after so many they are where they are drawn to. */
const steps = 20;

/** Who is out keeps the reason for which it went: that its breaker is open now follows from it. */
const withFirstReasons = (settled: Plan, first: Plan): Plan => ({
  ...settled,
  services: settled.services.map((service, i) => ({
    ...service,
    servers: service.servers.map((server, j) => {
      const began = first.services[i]?.servers[j];
      return began && server.weight === 0 && began.weight === 0 ? began : server;
    }),
  })),
});

/** What a world comes to while it stays as it is. As a leader, since only a leader's decisions go on from each other. */
const settle = (world: World, memory: Memory, fleet: FleetPolicy, now: number): Plan => {
  const led: World = { ...world, lead: { ...world.lead, held: true, token: world.lead.token ?? 0 } };
  const first = decide(led, memory, fleet, now);
  let last = first;
  for (let step = 1; step < steps; step += 1) {
    const next = decide(led, last.memory, fleet, now);
    if (next.memory === last.memory) break;
    last = next;
  }
  return withFirstReasons(last.plan, first.plan);
};

const withCandidate = (
  service: ServiceWorld,
  policy: ServicePolicy,
  would: WhatIfService | undefined,
): ServiceWorld => {
  if (!would?.known) return { ...service, policy };
  const instances = new Map(would.instances.map((score) => [score.instance as InstanceId, score]));
  return { ...service, policy, scores: { ...service.scores, instances } };
};

/** Nobody looked for its instances yet. */
const unknown = (policy: ServicePolicy): ServiceWorld => ({
  policy,
  catalog: { kind: 'waiting', why: 'it is not in force yet' },
  scores: { received: true, ageMs: 0, engineNow: 0, ready: true, instances: new Map() },
  ledger: null,
  runtime: new Map(),
});

/** The plans that the policies in force, and the candidates in their place, come to. */
export const preview = (inputs: PreviewInputs): { readonly before: Plan; readonly after: Plan } => {
  const { world, memory, fleet, candidates, scores, now } = inputs;
  const byService = new Map(candidates.map((policy) => [policy.service, policy]));
  const would = new Map(scores.services.map((each) => [each.service, each]));
  const services = world.services.map((service) => {
    const policy = byService.get(service.policy.service);
    return policy ? withCandidate(service, policy, would.get(policy.service)) : service;
  });
  const known = new Set(world.services.map(({ policy }) => policy.service));
  const added = candidates.filter(({ service }) => !known.has(service)).map(unknown);
  return {
    before: settle(world, memory, fleet, now),
    after: settle({ ...world, services: [...services, ...added] }, memory, fleet, now),
  };
};

/** What the preview does not know, a sentence each. */
export const notesOf = ({ services }: WhatIf): string[] =>
  services.flatMap(({ service, known, notRead }) => {
    if (!known) return [`${service} is not in force: nothing is known of its instances yet`];
    const metrics = notRead.length === 1 ? 'metric' : 'metrics';
    return notRead.length === 0
      ? []
      : [
          `${service}: the engine does not read ${metrics} ${notRead.join(', ')} yet; until the file is in force they have no data`,
        ];
  });

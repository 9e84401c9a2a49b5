/** The scores that a candidate would give now: the windows as they are, judged by its policy, without touching anything. */
import { isDeepStrictEqual } from 'node:util';
import type { InstanceId, MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { InstanceScore, RotationMark, WhatIfService } from '../client/index.js';
import { compileService, observe, type CompiledService, type InstanceWindow } from '../derive/index.js';
import { describe, peersAmong } from '../describe.js';
import { evidenceMark, reconfigure, type InstanceMemory, type ServiceMemory } from '../memory.js';
import type { Instance, UpObservation } from '../model.js';
import { evaluate } from '../pipeline.js';

/** What the engine knows of a service at present. */
export interface Present {
  readonly policy: ServicePolicy;
  readonly memory: ServiceMemory;
  readonly instances: readonly {
    readonly instance: Instance;
    readonly up: UpObservation;
    readonly mark: RotationMark | null;
    readonly window: InstanceWindow;
  }[];
}

const measures = ({ level, source, minTraffic }: MetricPolicy): unknown => [level, source, minTraffic];

/** Windows hold the series that the queries in force ask for, and no others. */
const notReadOf = (candidate: ServicePolicy, { metrics }: ServicePolicy): readonly string[] =>
  candidate.metrics
    .filter((metric) => {
      const known = metrics.find(({ name }) => name === metric.name);
      return metric.source.kind !== 'up' && !(known && isDeepStrictEqual(measures(known), measures(metric)));
    })
    .map(({ name }) => name);

/** As if what is seen now had been seen often enough to count, and the score had been so for long. */
const settled = (
  known: InstanceMemory,
  { instance, up, mark, window }: Present['instances'][number],
  compiled: CompiledService,
  now: number,
): InstanceMemory => {
  const { policy: candidate } = compiled;
  const observation = observe(compiled, window, { instance, up, mark: evidenceMark(known, mark, candidate, now), now });
  const { fall, rise } = candidate.scoring.zones;
  let memory: InstanceMemory = { ...known, last: null, evaluation: 0, settlesUntil: 0 };
  for (let i = 0; i < Math.max(fall, rise); i += 1) memory = evaluate(memory, observation, mark, candidate, now);
  const score = memory.last?.assessment.score ?? null;
  const smoothing =
    score === null || memory.last?.blackout ? memory.smoothing : { raw: [score, score], value: score, at: now };
  return { ...memory, smoothing, evaluation: known.evaluation };
};

/** Scores of all instances that were evaluated; where the candidate judges as the policy in force, these are `current`. */
export const judgeNow = (
  present: Present | null,
  current: readonly InstanceScore[],
  candidate: ServicePolicy,
  now: number,
): WhatIfService => {
  const { service } = candidate;
  if (present === null) return { service, known: false, notRead: [], instances: [] };
  if (present.policy.hash === candidate.hash) return { service, known: true, notRead: [], instances: [...current] };
  const before = reconfigure(present.memory, present.policy, candidate);
  const compiled = compileService(candidate);
  const instances = new Map<InstanceId, InstanceMemory>();
  for (const each of present.instances) {
    const known = before.instances.get(each.instance.id);
    if (known) instances.set(each.instance.id, settled(known, each, compiled, now));
  }
  const peers = peersAmong({ instances });
  const scores = [...instances.values()].flatMap((memory) =>
    memory.last ? [describe(memory, memory.last, candidate, peers)] : [],
  );
  return { service, known: true, notRead: [...notReadOf(candidate, present.policy)], instances: scores };
};

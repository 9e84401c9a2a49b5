/** From memory to the wire: one instance's score, with its causes. */
import type { ServicePolicy } from '../config/index.js';
import type { Cause, InstanceScore } from './client/index.js';
import type { Assessment, Instance } from './model.js';
import type { InstanceMemory, LastEvaluation, ServiceMemory } from './memory.js';
import { causesOf, peersOf, resultsOf, type Peers } from './score/index.js';
import { why } from './words.js';

/** Its last result speaks for it at present, so others may be compared with it. */
export const isPeer = ({ last }: InstanceMemory): boolean => last !== null && !last.blackout && !last.stale;

export const peersAmong = ({ instances }: ServiceMemory): Peers =>
  peersOf(() => instances.results?.() ?? resultsOf(assessmentsIn(instances)));

const assessmentsIn = (instances: ServiceMemory['instances']): Assessment[] => {
  const assessments = [];
  for (const memory of instances.values())
    if (memory.last !== null && isPeer(memory)) assessments.push(memory.last.assessment);
  return assessments;
};

/** What costs the instance points, as its peers are now. */
export const causesAmong = (memory: InstanceMemory, { assessment }: LastEvaluation, peers: Peers): readonly Cause[] =>
  causesOf(assessment, peers, isPeer(memory));

const unknownUp = (since: number): InstanceScore['up'] => ({
  state: 'unknown',
  since,
  why: 'not scraped yet',
  by: 'none',
});

export const upOf = ({ up, at }: Pick<InstanceMemory, 'up' | 'at'>): InstanceScore['up'] => up ?? unknownUp(at);

/** What Consul's status is about, where it is not well. */
export const whyConsul = ({ consulWhy }: Pick<Instance, 'consulWhy'>): Pick<InstanceScore, 'consulWhy'> =>
  consulWhy === '' ? {} : { consulWhy };

/** What the others would have to carry, only where a guardrail asks for it. */
const loadOf = (
  { judgements }: LastEvaluation['assessment'],
  { guardrails: { headroom } }: ServicePolicy,
): Pick<InstanceScore, 'load'> => {
  if (headroom === null) return {};
  const found = judgements.find(({ name }) => name === headroom.metric);
  return { load: found?.status === 'judged' ? found.value : null };
};

/** `last` is the memory's own last evaluation, which must exist to be described. */
export const describe = (
  memory: InstanceMemory,
  last: LastEvaluation,
  policy: ServicePolicy,
  peers: Peers,
): InstanceScore => describeCauses(memory, last, policy, causesAmong(memory, last, peers));

/** The same, of causes that are known. */
export const describeCauses = (
  memory: InstanceMemory,
  last: LastEvaluation,
  policy: ServicePolicy,
  causes: readonly Cause[],
): InstanceScore => {
  const { instance, assessment } = last;
  const score: InstanceScore = {
    service: instance.service,
    instance: instance.id,
    node: instance.node.name,
    address: instance.address,
    port: instance.port,
    consul: instance.consul,
    zone: memory.zone.zone,
    zoneSince: memory.zone.since,
    why: why(memory, last, policy, causes[0]),
    score: assessment.score,
    smoothed: memory.smoothing.value,
    levels: [...assessment.levels],
    up: upOf(memory),
    coverage: assessment.coverage,
    at: memory.at,
    evaluation: memory.evaluation,
    streak: memory.zone.streak,
    joinedAt: memory.joinedAt,
    blackout: last.blackout,
    traffic: { requests: last.requests, since: last.requestsSince },
    inFlight: last.inFlight,
    processStartedAt: memory.processStartedAt,
    causes: [...causes],
    intervalMs: last.intervalMs,
    policy: last.policy,
  };
  // Apart, as few have them: an object with others spread into its midst costs as much as all the rest of it.
  const isPlain = instance.consulWhy === '' && policy.guardrails.headroom === null;
  return isPlain ? score : { ...score, ...whyConsul(instance), ...loadOf(assessment, policy) };
};

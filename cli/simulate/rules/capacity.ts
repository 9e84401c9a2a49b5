/** Whether enough is left, and how often it was tried. Whoever wants the step: the others are not his to risk. */
import type { Action } from '../../../scheduler/client/index.js';
import { atLeast } from '../../../scheduler/facts.js';
import { type Breach, type StepView, weightsOf } from './model.js';

const hourMs = 3_600_000;

export function* capacityRules({ action, service, plan, policy, seen, truth }: StepView): Generator<Breach> {
  if (truth.working(action.instance as never) > 0) yield ['never two actions on one target', 'the runtime works on it'];
  if (plan?.reasons.some(({ code }) => code === 'PANIC')) yield ['no healing in a panic', 'panic'];
  const scores = [...service.scores.values()].filter(({ instance }) => instance !== action.instance);
  const known = scores.filter(({ zone, blackout }) => zone !== 'unknown' && !blackout);
  const good = known.filter(({ zone }) => zone === 'green' || zone === 'yellow').length;
  if (seen.desiredOf(policy) > 1 && good < known.length * policy.guardrails.panic)
    yield ['no healing in a panic', `${good} of ${known.length} are good`];
  const unknown = scores.length - known.length;
  if (unknown * 2 > service.processes.size) yield ['no healing while blind', `${unknown} unknown`];
  const desired = seen.desiredOf(policy);
  const others = availableOf(service, truth, seen).filter((instance) => instance !== action.instance).length;
  const minimum = seen.minimumOf(policy);
  if (desired > 1 && others < minimum) yield ['the minimum stays available', `${others} others, ${minimum} needed`];
  if (desired === 1 && policy.heal.single !== 'restart')
    yield ['a single instance is left alone', `heal.single ${policy.heal.single}`];
  const weight = weightsOf(service, truth)?.get(action.instance) ?? 0;
  if (desired > 1 && weight > 0) yield ['nothing is done to who is served', `the gateway serves it with ${weight}`];
}

/** By what the gateway serves, Consul lists, the engine scored and the ledger holds: not by what a plan says of it. */
const availableOf = (service: StepView['service'], truth: StepView['truth'], seen: StepView['seen']): string[] => {
  const weights = weightsOf(service, truth);
  const { discovered } = service;
  const entries = discovered.kind === 'waiting' ? [] : discovered.entries;
  const open = new Set(openOf(seen).map(({ instance }) => instance));
  return entries.flatMap(({ id, consul }) => {
    const zone = service.scores.get(id)?.zone;
    const isFit = consul === 'passing' && (zone === 'green' || zone === 'yellow') && !open.has(id);
    return isFit && (weights === null || (weights.get(id) ?? 0) > 0) ? [id] : [];
  });
};

const openOf = ({ phases }: StepView['seen']): readonly Action[] =>
  [...phases.values()].filter(({ phase }) => phase !== 'closed');

/** What a person forced costs nobody's budget. */
export function* budgetRules({ action, policy, seen, truth, now }: StepView): Generator<Breach> {
  const { service, instance, node, id, step, intentAt } = action;
  const lately = seen.done.filter(({ at }) => now - at < hourMs);
  const counted = lately.filter(({ action: { by } }) => by.kind !== 'human' || !by.forced);
  const limits = [
    ['service', counted.filter((one) => one.action.service === service).length, policy.guardrails.maxActions],
    ['node', counted.filter((one) => one.action.node === node).length, policy.guardrails.maxActionsPerNode],
    ['all', counted.length, truth.fleet.maxActions],
  ] as const;
  for (const [of, used, limit] of limits)
    if (used >= limit)
      yield ['healings per hour stay in their budget', `${used} of ${limit} (${of})`, 'approved', 'forced'];
  const open = openOf(seen).filter((one) => one.id !== id);
  const here = open.filter((one) => one.service === service).length;
  const atOnce = Math.max(1, atLeast(policy.guardrails.maxConcurrent, seen.desiredOf(policy)));
  if (open.length >= truth.fleet.maxConcurrent || here >= atOnce)
    yield ['healings at once stay in their limit', `${open.map((one) => one.id).join()} under way`];
  yield* distanceRules(instance, intentAt, policy, seen, lately);
  const spent = spentTries(instance, step, seen, lately, now);
  if (spent >= tries[step]) yield ['the ladder has an end', `${step} done ${spent} times`, 'ordered'];
}

type Done = StepView['seen']['done'];

/** Steps on one target: in vain, each further from the one before than that was; after a success, none for long. */
function* distanceRules(
  instance: string,
  intentAt: number,
  { guardrails: { backoff, cooldownMs } }: StepView['policy'],
  seen: StepView['seen'],
  lately: Done,
): Generator<Breach> {
  const closed = lately.flatMap(({ action }) =>
    action.instance === instance ? (seen.phases.get(action.id) ?? []) : [],
  );
  const last = closed.at(-1);
  if (last?.phase !== 'closed') return;
  const distance = intentAt - last.phaseAt;
  if (isEnd(last)) {
    if (distance < cooldownMs) yield ['a healed one is left alone', `${last.outcome} ${distance} ms before`, 'forced'];
    return;
  }
  const [inVain] = closed.reduceRight(
    ([count, next], one) =>
      next === null || isEnd(one) || next - one.phaseAt > cooldownMs ? [count, null] : [count + 1, one.intentAt],
    [0, intentAt] as readonly [number, number | null],
  );
  const wait = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (inVain - 1));
  if (inVain > 0 && distance < wait)
    yield ['steps on one target keep their distance', `${distance} ms after ${inVain} in vain, not ${wait}`, 'ordered'];
}

const isEnd = ({ outcome }: Action): boolean => outcome === 'verified' || outcome === 'inconclusive';

/** A restart so often within half an hour; the others once for as long as it is out. */
const tries: Readonly<Record<Action['step'], number>> = { gentle: 1, restart: 2, replace: 1 };
const restartsWithinMs = 30 * 60_000;

/** How often it was really done, whatever came of it. */
const spentTries = (
  instance: string,
  step: Action['step'],
  seen: StepView['seen'],
  lately: Done,
  now: number,
): number => {
  const since = step === 'restart' ? now - restartsWithinMs : (seen.outFrom(instance) ?? now);
  return lately.filter(
    ({ action }) =>
      action.instance === instance &&
      action.step === step &&
      action.intentAt >= since &&
      ofTheLadder.has(seen.phases.get(action.id)?.outcome ?? null),
  ).length;
};

const ofTheLadder: ReadonlySet<Action['outcome']> = new Set(['verified', 'not-verified', 'inconclusive'] as const);

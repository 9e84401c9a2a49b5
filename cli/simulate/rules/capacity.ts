/** Whether enough is left, and how often it was tried. Whoever wants the step: the others are not his to risk. */
import type { Breach, StepView } from './model.js';

const hourMs = 3_600_000;

export function* capacityRules({ action, service, state, plan, policy, seen, truth }: StepView): Generator<Breach> {
  if (truth.working(action.instance as never) > 0) yield ['never two actions on one target', 'the runtime works on it'];
  if (plan?.reasons.some(({ code }) => code === 'PANIC')) yield ['no healing in a panic', 'panic'];
  const known = [...service.scores.values()].filter(({ zone, blackout }) => zone !== 'unknown' && !blackout);
  const good = known.filter(({ zone }) => zone === 'green' || zone === 'yellow').length;
  if (seen.desiredOf(policy) > 1 && good < known.length * policy.guardrails.panic)
    yield ['no healing in a panic', `${good} of ${known.length} are good`];
  const unknown = service.scores.size - known.length;
  if (unknown * 2 > service.processes.size) yield ['no healing while blind', `${unknown} unknown`];
  const desired = seen.desiredOf(policy);
  const open = new Set(state.ledger?.open.map(({ instance }) => instance));
  const others = plan?.servers.filter(
    ({ instance, weight, zone }) =>
      instance !== action.instance && weight > 0 && (zone === 'green' || zone === 'yellow') && !open.has(instance),
  ).length;
  const minimum = seen.minimumOf(policy);
  if (desired > 1 && (others ?? 0) < minimum)
    yield ['the minimum stays available', `${others ?? 0} others, ${minimum} needed`];
  if (desired === 1 && policy.heal.single !== 'restart')
    yield ['a single instance is left alone', `heal.single ${policy.heal.single}`];
}

/** What a person forced costs nobody's budget. */
export function* budgetRules({ action, policy, seen, truth, now }: StepView): Generator<Breach> {
  const { service, instance, node, id, step } = action;
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
  const open = [...seen.phases.values()].filter((one) => one.phase !== 'closed' && one.id !== id);
  if (open.length >= truth.fleet.maxConcurrent)
    yield ['healings at once stay in their limit', `${open.map((one) => one.id).join()} under way`];
  const last = lately.filter((one) => one.action.instance === instance).at(-1);
  const closed = last ? seen.phases.get(last.action.id) : undefined;
  if (last && now - last.at < policy.guardrails.backoff.firstMs)
    yield ['steps on one target keep their distance', `${now - last.at} ms`, 'ordered'];
  if (closed?.outcome === 'verified' && now - closed.phaseAt < policy.guardrails.cooldownMs)
    yield ['a healed one is left alone', `verified ${now - closed.phaseAt} ms ago`, 'forced'];
  const inVain = lately.filter(
    ({ at, action: before }) =>
      before.instance === instance && before.step === step && now - at < restartsWithinMs && isInVain(seen, before.id),
  ).length;
  if (inVain >= mostInVain) yield ['the ladder has an end', `${step} tried ${inVain} times in vain`, 'ordered'];
}

/** A third start within this is no cure. */
const restartsWithinMs = 30 * 60_000;
const mostInVain = 2;

/** It was really done, and did not help. */
const isInVain = ({ phases }: StepView['seen'], id: string): boolean => phases.get(id)?.outcome === 'not-verified';

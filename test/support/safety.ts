import { type Power, powersOf } from '../../cli/simulate/rules/model.js';
import type { Action, Plan } from '../../scheduler/client/index.js';
import type { Decision, World } from '../../scheduler/model.js';
import { drainOf } from '../../scheduler/said.js';
import type { FleetTimeline, Seen } from './fleet-timeline.js';

const hourMs = 3_600_000;

/** The safety rules, watched at every decision of a timeline; each breach is a sentence. */
export const watch = (timeline: FleetTimeline): string[] => {
  const breaches: string[] = [];
  const intents: { at: number; action: Action }[] = [];
  let highest = 0;
  let seenCounts: { at: number; count: number }[] = [];
  timeline.onDecision = (seen) => {
    const { at, world, decision } = seen;
    const say = (text: string): void => void breaches.push(`${at}: ${text}`);
    const catalog = world.services[0]?.catalog;
    const count = catalog && catalog.kind !== 'waiting' ? catalog.entries.length : 0;
    seenCounts = [...seenCounts.filter((one) => at - one.at < 600_000), { at, count }];
    const desired = Math.max(...seenCounts.map((one) => one.count));
    const minimum = Math.max(1, Math.ceil(desired / 2));
    rotation(seen, minimum).forEach(say);
    weights(decision.plan).forEach(say);
    acts(seen, minimum, desired).forEach(say);
    for (const command of decision.commands) {
      if (command.do !== 'ledger') continue;
      const { action } = command;
      if (action.token < highest) say(`token fell from ${highest} to ${action.token}`);
      highest = Math.max(highest, action.token);
      if (action.phase === 'intent') intents.push({ at, action });
      if (action.phase === 'closed' && action.outcome === null) say(`${action.id} closed without an outcome`);
      if (action.phase === 'closed' && action.outcome === 'overtaken')
        intents.splice(
          intents.findIndex((one) => one.action.id === action.id),
          1,
        );
    }
    // What a person approved is not refused by the budget; what one forced costs none.
    const counted = intents.filter((one) => at - one.at < hourMs && !passes(one.action, 'approved', 'forced'));
    const lately = counted.length;
    if (lately > timeline.policy.guardrails.maxActions) say(`${lately} healings within the hour`);
  };
  return breaches;
};

/** A person let it be taken so (docs/guardrails.md). */
const passes = (action: Action, ...powers: Power[]): boolean =>
  powers.some((power) => powersOf(action).includes(power));

const panics = (plan: Plan | null): boolean => plan?.services[0]?.reasons.some(({ code }) => code === 'PANIC') ?? false;

/** Through us, the instances in rotation never fall under the minimum. Those that left by themselves are not our act. */
const rotation = ({ before, decision, world }: Seen, minimum: number): string[] => {
  const old = before?.services[0]?.servers ?? [];
  const servers = decision.plan.services[0]?.servers ?? [];
  if (servers.length > 0 && servers.every((server) => server.weight === 0)) return ['the upstream is empty'];
  if (panics(decision.plan) || !world.lead.held) return [];
  const now = servers.filter((server) => server.weight > 0).length;
  const taken = old.filter(
    (one) => one.weight > 0 && servers.some((server) => server.instance === one.instance && server.weight === 0),
  );
  return taken.length > 0 && now < minimum
    ? [`${now} in rotation after ${taken.map((one) => one.instance).join()} went (minimum ${minimum})`]
    : [];
};

/** Out is absent; all others at least the floor; nothing is a fraction, nothing over the maximum. */
const weights = (plan: Plan): string[] =>
  plan.services.flatMap(({ servers }) =>
    servers
      .filter(({ weight }) => weight !== 0 && (weight < 10 || weight > 100 || !Number.isInteger(weight)))
      .map(({ instance, weight }) => `${instance} has weight ${weight}`),
  );

const acts = ({ at, world, decision }: Seen, minimum: number, desired: number): string[] => {
  const [service] = world.services;
  const breaches: string[] = [];
  for (const command of decision.commands) {
    if (command.do === 'look' || command.do === 'tidy') continue;
    const { action } = command;
    const begins = command.do === 'ledger' && action.phase === 'intent';
    if (!world.lead.held || (world.lead.confirmedAgoMs ?? Infinity) > 5_000)
      breaches.push(`${command.do} without the lock`);
    if (action.token !== world.lead.token) breaches.push(`${command.do} under a token that is not ours`);
    if (!begins && command.do !== 'step') continue;
    const inForce = ({ until }: { readonly until: number | null }): boolean => until === null || until > at;
    const levels = [
      service?.policy.heal.mode,
      ...(world.controls?.modes ?? []).filter(inForce).map(({ heal }) => heal),
    ];
    if (levels.includes('observe') && !passes(action, 'ordered')) breaches.push('healing in observe');
    if (levels.includes('suggest') && !passes(action, 'approved', 'ordered')) breaches.push('healing without approval');
    if (world.controls === null) breaches.push('healing without knowing what people said');
    if (world.controls?.pauses.some(inForce) && !passes(action, 'forced')) breaches.push('healing against a pause');
    if (world.controls?.maintenance.some(inForce) && !passes(action, 'forced')) breaches.push('healing in maintenance');
    if (drainOf(world.controls, action.service, action.instance, at) && !passes(action, 'ordered'))
      breaches.push('healing of what a person drained');
    if (service?.ledger === null) breaches.push('healing without a ledger');
    if (panics(decision.plan)) breaches.push('healing in panic');
    breaches.push(...target(command.do, action, world, decision, minimum, desired));
  }
  return breaches;
};

const target = (
  kind: 'ledger' | 'step',
  action: Action,
  world: World,
  decision: Decision,
  minimum: number,
  desired: number,
): string[] => {
  const [service] = world.services;
  const open = service?.ledger?.open ?? [];
  const score = service?.scores.instances.get(action.instance as never);
  const age = service && score ? service.scores.engineNow + service.scores.ageMs - score.at : Infinity;
  const breaches: string[] = [];
  if (kind === 'ledger' && open.some((one) => one.instance === action.instance))
    breaches.push('a second action on one target');
  if (
    kind === 'step' &&
    !open.some((one) => one.id === action.id && one.phase === 'stepping' && one.token === action.token)
  )
    breaches.push('a step that is not in the ledger');
  if (age > 3_000 && !passes(action, 'forced')) breaches.push(`healing on a score of ${age} ms`);
  const others = decision.plan.services[0]?.servers.filter(
    (server) =>
      server.instance !== action.instance &&
      server.weight > 0 &&
      (server.zone === 'green' || server.zone === 'yellow') &&
      !open.some((one) => one.instance === server.instance),
  ).length;
  if (desired > 1 && (others ?? 0) < minimum)
    breaches.push(`healing with ${others ?? 0} others available (minimum ${minimum})`);
  const memory = decision.memory.services.get(service?.policy.service ?? ('' as never))?.instances[action.instance];
  const dwell = score?.up.state === 'down' ? service?.policy.heal.afterDownMs : service?.policy.heal.afterMs;
  const outFor = memory && memory.outSince !== null ? decision.plan.at - memory.outSince : 0;
  if (desired > 1 && outFor < (dwell ?? 0) && !passes(action, 'ordered')) breaches.push(`healed after ${outFor} ms`);
  return breaches;
};

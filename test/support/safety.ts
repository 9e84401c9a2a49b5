import type { Action, Plan } from '../../scheduler/client/index.js';
import type { Decision, World } from '../../scheduler/model.js';
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
    const lately = intents.filter((one) => at - one.at < hourMs && one.action.approval === null).length;
    if (lately > timeline.policy.guardrails.maxActions) say(`${lately} healings within the hour`);
  };
  return breaches;
};

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
    if (service?.policy.heal.mode === 'observe') breaches.push('healing in observe');
    if (service?.policy.heal.mode === 'suggest' && action.approval === null) breaches.push('healing without approval');
    if (world.controls === null || world.controls.pauses.some(({ until }) => until === null || until > at))
      breaches.push('healing against a pause');
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
  if (age > 3_000) breaches.push(`healing on a score of ${age} ms`);
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
  if (desired > 1 && outFor < (dwell ?? 0)) breaches.push(`healed after ${outFor} ms`);
  return breaches;
};

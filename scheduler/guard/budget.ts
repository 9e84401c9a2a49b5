/** How often it was tried lately. */
import { seconds, spread } from '../facts.js';
import type { Action, Ledger } from '../client/index.js';
import type { Guardrail } from '../model.js';
import { allow, refuse, say } from './verdict.js';

export const maxActions: Guardrail = ({ service: { policy }, entry, fleet, tally }) => {
  if (tally.unreadable.length > 0)
    return refuse('MAX_ACTIONS', `the ledger of ${tally.unreadable.join(', ')} could not be read`);
  const node = entry?.node.name ?? null;
  if (node === null) return refuse('MAX_ACTIONS', 'nobody knows on which node it runs');
  const counts = [
    {
      of: policy.service as string,
      used: tally.lastHourByService.get(policy.service) ?? 0,
      limit: policy.guardrails.maxActions,
    },
    { of: `node ${node}`, used: tally.lastHourByNode.get(node) ?? 0, limit: policy.guardrails.maxActionsPerNode },
    { of: 'all services', used: tally.lastHour, limit: fleet.maxActions },
  ];
  const spent = counts.find(({ used, limit }) => used >= limit);
  if (spent)
    return refuse('MAX_ACTIONS', `${spent.used} healings of ${spent.of} within the hour (limit ${spent.limit})`);
  return allow('MAX_ACTIONS', counts.map(({ of, used, limit }) => `${of} ${used} of ${limit}`).join(', '));
};

/** Steps on one target, newest last. */
const historyOf = (ledger: Ledger, instance: string, self: Action | null): Action[] =>
  ledger.closed
    .filter((action) => action.instance === instance && action.id !== self?.id)
    .sort((a, b) => a.phaseAt - b.phaseAt);

/** These end an episode; the others are followed by the next step of the same one. */
const ends = (action: Action): boolean => action.outcome === 'verified' || action.outcome === 'inconclusive';

/** Steps in vain at the end of the history, none further from the next than a cooldown. */
const inVain = (history: readonly Action[], forgetMs: number): Action[] => {
  const run: Action[] = [];
  for (const action of [...history].reverse()) {
    const next = run[0];
    if (ends(action) || (next && next.intentAt - action.phaseAt > forgetMs)) break;
    run.unshift(action);
  }
  return run;
};

/** 10 s doubling to 300 s, +0-25 %, between two steps of one episode; the jitter is the last step's own. */
export const backoff: Guardrail = ({ service: { policy, ledger }, instance, action, now }) => {
  if (ledger === null) return refuse('BACKOFF', 'the ledger could not be read');
  const { backoff: rule, cooldownMs } = policy.guardrails;
  const run = inVain(historyOf(ledger, instance, action), cooldownMs);
  const last = run.at(-1);
  if (!last) return allow('BACKOFF', 'the first step of its episode');
  const base = Math.min(rule.firstMs * 2 ** Math.min(run.length - 1, 30), rule.maxMs);
  const wait = base * (1 + rule.jitter * spread(last.id));
  const ago = now - last.phaseAt;
  return say(
    'BACKOFF',
    ago >= wait,
    `${seconds(ago)} after step ${run.length} of its episode (minimum ${seconds(wait)})`,
  );
};

export const cooldown: Guardrail = ({ service: { policy, ledger }, instance, action, now }) => {
  if (ledger === null) return refuse('COOLDOWN', 'the ledger could not be read');
  const last = historyOf(ledger, instance, action).at(-1);
  if (!last || !ends(last)) return allow('COOLDOWN', 'no episode ended within the hour');
  const ago = now - last.phaseAt;
  const { cooldownMs } = policy.guardrails;
  return say(
    'COOLDOWN',
    ago >= cooldownMs,
    `its last episode ended ${seconds(ago)} ago (minimum ${seconds(cooldownMs)})`,
  );
};

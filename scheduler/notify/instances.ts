/** An instance in trouble: from its first red or out until it is green and whole again. */
import type { InstanceId } from '../../config/index.js';
import type { InstanceScore } from '../../engine/client/index.js';
import type { Action, HealProposal, InstanceMemory, PlannedServer } from '../client/index.js';
import { approvable } from '../consent.js';
import { seconds } from '../facts.js';
import type { ServiceWorld } from '../model.js';
import type { Fact, Situation, Trouble } from './model.js';
import { lasted, quoted } from './words.js';

/** Of one service, those that are in trouble. `within`: the larger trouble that they are part of. */
export const instanceTroubles = (
  service: ServiceWorld,
  { decision, now }: Situation,
  within: string | null,
): readonly Trouble[] => {
  const name = service.policy.service;
  const plan = decision.plan.services.find((candidate) => candidate.service === name);
  const record = decision.memory.services.get(name);
  if (!plan || !record) return [];
  const troubled = Object.entries(record.instances).filter(([, { episode }]) => episode !== null);
  if (troubled.length === 0) return [];
  const servers = new Map(plan.servers.map((server) => [server.instance, server]));
  return troubled.flatMap(([instance, memory]) => {
    if (memory.episode === null) return [];
    const proposal = plan.proposals.find((candidate) => candidate.instance === instance) ?? null;
    const given: Given = {
      service,
      instance,
      memory,
      server: servers.get(instance) ?? null,
      proposal,
      waits: waits(proposal),
      actions: actionsOf(service, instance, memory.episode),
      since: memory.episode,
      now,
    };
    return [{ ...trouble(given), within }];
  });
};

interface Given {
  readonly service: ServiceWorld;
  readonly instance: string;
  readonly memory: InstanceMemory;
  /** Null: not in the catalog now. */
  readonly server: PlannedServer | null;
  readonly proposal: HealProposal | null;
  /** It waits for a person. */
  readonly waits: boolean;
  /** Of this episode, oldest first. */
  readonly actions: readonly Action[];
  readonly since: number;
  readonly now: number;
}

/** Begun in this episode. */
export const actionsOf = ({ ledger }: ServiceWorld, instance: string, since: number): readonly Action[] =>
  [...(ledger?.closed ?? []), ...(ledger?.open ?? [])]
    .filter((action) => action.instance === instance && action.intentAt >= since)
    .sort((a, b) => a.intentAt - b.intentAt);

const trouble = (given: Given): Omit<Trouble, 'within'> => {
  const { service, instance, server, proposal, since, now, memory } = given;
  const { policy } = service;
  const name = `${policy.service}/${instance}`;
  const score = service.scores.instances.get(instance as InstanceId) ?? null;
  return {
    key: name,
    about: { kind: 'instance', service: policy.service, instance, owner: policy.owner },
    code: memory.quarantine ? 'LADDER_SPENT' : (server?.reasons[0]?.code ?? null),
    since,
    // By a person's word, or for a moment: nothing is wrong with it.
    level: server?.zone === 'green' && score?.up.state !== 'down' ? 'info' : 'warn',
    text: headline(name, given, score),
    facts: factsOf(given),
    numbers: {
      score: score?.score ?? null,
      weight: server?.weight ?? null,
      outForSeconds: memory.outSince === null ? null : Math.round((now - memory.outSince) / 1000),
    },
    verdicts: proposal?.verdicts.filter(({ allowed }) => !allowed) ?? [],
    command: given.waits
      ? `ballast approve ${quoted(proposal?.id ?? '')} --reason TEXT`
      : `ballast explain ${quoted(name)}`,
    afterMs: 0,
    notify: policy.heal.notify,
  };
};

const headline = (name: string, { server, memory, since, now }: Given, score: InstanceScore | null): string => {
  if (!server) return `${name} is not in the catalog; in trouble for ${lasted(now - since)}`;
  const state = score?.up.state === 'down' ? 'down' : server.zone;
  const place = memory.quarantine ? 'quarantined' : server.lifecycle;
  const reason = server.reasons[0]?.text ?? 'no reason is known';
  const why = state === 'red' && score && !reason.includes(score.why) ? `; ${score.why}` : '';
  return `${name} is ${state} and ${place}, weight ${server.weight}: ${reason}${why}`;
};

/** Nothing but a person stands in the way, and none has said no; nor does the leader doubt that it may act. */
const waits = (proposal: HealProposal | null): boolean => {
  if (!proposal?.waits) return false;
  return proposal.verdicts.every(({ allowed, code }) => allowed || approvable.has(code));
};

/** What happened in the episode, in order: actions first, then what a person is needed for. */
const factsOf = ({ actions, memory, proposal, waits: asks }: Given): readonly Fact[] => [
  ...actions.flatMap(actionFacts),
  ...(memory.quarantine
    ? [{ key: 'quarantine', level: 'page', text: `left alone from now on: ${memory.quarantine.why}` } as const]
    : []),
  ...(proposal && asks ? [{ key: `waits:${proposal.id}`, level: 'page', text: waiting(proposal) } as const] : []),
];

const waiting = ({ step, because, verdicts }: HealProposal): string => {
  const allowed = verdicts.filter((verdict) => verdict.allowed).length;
  return `${step} waits for a person: ${because}; ${allowed} other guardrails allow it`;
};

const failed: ReadonlySet<Action['outcome']> = new Set(['not-verified', 'step-failed']);

const actionFacts = (action: Action): readonly Fact[] => {
  const { id, step, because, intentAt, phaseAt, outcome, outcomeText, by } = action;
  const who = by.kind === 'human' ? ` by ${by.author}` : '';
  const began: Fact = { key: `began:${id}`, level: 'info', text: `${step} begins${who}: ${because}` };
  if (outcome === null) return [began];
  const text = `${step} ${outcome} after ${seconds(phaseAt - intentAt)}: ${outcomeText ?? ''}`;
  return [began, { key: `ended:${id}`, level: failed.has(outcome) ? 'page' : 'info', text }];
};

/** When it is over: how it came to be so. */
export const instanceEnding = (
  service: ServiceWorld | undefined,
  { decision }: Situation,
  { about, since }: { readonly about: Trouble['about']; readonly since: number },
): string => {
  if (!service) return 'its service is not configured any more';
  const instance = about.instance ?? '';
  const plan = decision.plan.services.find((candidate) => candidate.service === service.policy.service);
  const server = plan?.servers.find((candidate) => candidate.instance === instance);
  if (!server) return 'it is gone from the catalog';
  const last = actionsOf(service, instance, since).at(-1);
  return last?.outcome ? `${server.zone}, ${last.step} ${last.outcome}` : server.zone;
};

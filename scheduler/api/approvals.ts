/** What people say of the steps that are proposed: yes, or no. Any scheduler takes their word; the leader acts on it. */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import {
  type Approval,
  approvalSchema,
  type controlSchema,
  type HealProposal,
  proposalsResponseSchema,
  type ReasonCode,
} from '../client/index.js';
import { aboutLeading, approvable, approvalMs, proposalId, vetoMs } from '../consent.js';
import type { Journal } from '../journal/index.js';
import type { KvMirror } from '../world/mirror.js';
import { inConsul } from './controls.js';
import { decided, isDryRun, param, parse, undecided } from './request.js';
import type { Shown } from './views.js';
import { own } from '../../lib/own.js';

/** Body of `POST /v1/actions/:id/approve` and `/veto`. */
export const wordRequestSchema = z.strictObject({
  author: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(1000),
});

export interface ApprovalParts {
  readonly shown: () => Shown | null;
  readonly said: KvMirror<typeof controlSchema>;
  readonly journal: Pick<Journal, 'write'>;
  readonly clock: Clock;
}

/** These pass by themselves: no reason to turn an approval down. */
const passing: ReadonlySet<ReasonCode> = new Set([...aboutLeading, 'RUNTIME_UNREADABLE', 'BACKOFF']);

const proposalsIn = ({ decision }: Shown): readonly HealProposal[] =>
  decision.plan.services.flatMap(({ proposals }) => proposals);

const unknownProposal = (asked: string, known: readonly HealProposal[]): BallastError => {
  const waiting = known.filter(({ waits }) => waits).map(({ id }) => id);
  return new BallastError('NOT_FOUND', `nothing is proposed for "${asked}"`, {
    status: 404,
    hint:
      waiting.length > 0
        ? `what waits: ${waiting.slice(0, 10).join(', ')}`
        : 'nothing waits for a person now; while an instance is on probation nothing is proposed for it',
  });
};

const namesIt = (asked: string, { id, service, instance }: HealProposal): boolean =>
  asked === id || asked === `${service}/${instance}` || asked === instance;

/** By its id, or by the instance where that is unique. */
const proposalOf = (shown: Shown, asked: string): HealProposal => {
  const all = proposalsIn(shown);
  const found = all.filter((proposal) => namesIt(asked, proposal));
  const [only, other] = found;
  if (only === undefined) throw unknownProposal(asked, all);
  if (other === undefined) return only;
  throw new BallastError('INVALID_REQUEST', `"${asked}" names ${found.length} proposals`, {
    status: 400,
    hint: `one of ${found.map(({ id }) => id).join(', ')}`,
  });
};

/** What must not be done is told at once, and not found out a quarter of an hour later. */
const refuseUnsafe = ({ verdicts, id }: HealProposal): void => {
  const refused = verdicts.filter(({ code, allowed }) => !allowed && !approvable.has(code) && !passing.has(code));
  const [first] = refused;
  if (!first) return;
  throw new BallastError(first.code, `${id} is held back: ${first.text}`, {
    status: 409,
    hint: 'no approval overrules this; see the page of the code',
    details: { verdicts: refused },
  });
};

/** A word is said of what Ballast would do. What a person ordered needs none, and is not held by one. */
const refuseOrdered = ({ id, service, instance, order, because }: HealProposal): void => {
  if (order === null) return;
  throw new BallastError('INVALID_REQUEST', `${id}: ${because}; nobody has to let it, and no veto holds it`, {
    status: 409,
    hint: `to take it back before it is begun: ballast restore ${service}/${instance}; a pause holds one that is not forced`,
  });
};

const wordOf = (
  proposal: HealProposal,
  shown: Shown,
  says: Approval['says'],
  by: z.output<typeof wordRequestSchema>,
  at: number,
): Approval => {
  const { service, instance, step, because, verdicts, id } = proposal;
  const server = shown.decision.plan.services
    .find((plan) => plan.service === service)
    ?.servers.find((one) => one.instance === instance);
  const score = shown.world.services
    .find(({ policy }) => policy.service === service)
    ?.scores.instances.get(instance as never);
  return {
    ...{ kind: 'approval', proposal: id, service, instance, step, says, ...by, at },
    until: at + (says === 'veto' ? vetoMs : approvalMs),
    snapshot: { because, zone: server?.zone ?? 'unknown', score: score?.score ?? null, verdicts },
  };
};

/** A step that is under way can be vetoed too, until the runtime is told. */
const underWay = (shown: Shown, asked: string): HealProposal | null => {
  for (const { policy, ledger } of shown.world.services)
    for (const action of ledger?.open ?? []) {
      const { id, instance, step, signature, because, verdicts, by } = action;
      const record = shown.decision.memory.services.get(policy.service);
      const episode = record && own(record.instances, instance)?.episode;
      if (![id, instance, `${policy.service}/${instance}`].includes(asked) || !episode) continue;
      if (action.phase !== 'intent' && action.phase !== 'draining')
        throw new BallastError('TOO_LATE', `${id} is ${action.phase}: the runtime has been told`, { status: 409 });
      const proposal = proposalId(policy.service, instance, episode, step);
      return {
        id: proposal,
        service: policy.service,
        instance,
        step,
        signature,
        because,
        chosen: 'under way',
        verdicts,
        order: by.kind === 'human' ? by.order : null,
        allowed: true,
        waits: false,
      };
    }
  return null;
};

const notWritten = { 503: 'Consul does not answer, or nothing was decided yet' };

/** Proposals, and the two words that may be said of each. */
export const approvalEndpoints = (parts: ApprovalParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/proposals',
    summary: "The next step of each instance in trouble, with every verdict; `waits`: only a person's word is missing",
    answer: json(proposalsResponseSchema),
    problems: undecided,
    handle: (_req, res) =>
      void res.json(z.encode(proposalsResponseSchema, { proposals: [...proposalsIn(decided(parts))] })),
  },
  {
    method: 'post',
    path: '/v1/actions/:id/approve',
    summary: 'Lets a proposed step be taken, once, within 15 minutes; by its id or by its instance',
    query: { dry_run: 'Say what would be, and write nothing' },
    body: json(wordRequestSchema),
    answer: json(approvalSchema),
    problems: {
      404: 'nothing is proposed for it',
      409: 'a guardrail that no approval overrules; its code; or a person ordered it',
      ...notWritten,
    },
    handle: async (req, res) => {
      const shown = decided(parts);
      const by = parse(wordRequestSchema, req.body, 'body');
      const proposal = proposalOf(shown, param(req, 'id'));
      refuseOrdered(proposal);
      refuseUnsafe(proposal);
      const word = wordOf(proposal, shown, 'approve', by, parts.clock.now());
      if (!isDryRun(req)) await write(parts, word, 'APPROVED', `${by.author} approved ${word.step}: ${by.reason}`);
      res.json(z.encode(approvalSchema, word));
    },
  },
  {
    method: 'post',
    path: '/v1/actions/:id/veto',
    summary: 'Says no to a step that is proposed or not yet taken; the episode is left alone',
    query: { dry_run: 'Say what would be, and write nothing' },
    body: json(wordRequestSchema),
    answer: json(approvalSchema),
    problems: {
      404: 'nothing is proposed for it',
      409: 'the runtime has been told already, or a person ordered it',
      ...notWritten,
    },
    handle: async (req, res) => {
      const shown = decided(parts);
      const by = parse(wordRequestSchema, req.body, 'body');
      const asked = param(req, 'id');
      const proposal = underWay(shown, asked) ?? proposalOf(shown, asked);
      refuseOrdered(proposal);
      const word = wordOf(proposal, shown, 'veto', by, parts.clock.now());
      if (!isDryRun(req)) await write(parts, word, 'VETOED', `${by.author} vetoed ${word.step}: ${by.reason}`);
      res.json(z.encode(approvalSchema, word));
    },
  },
];

const write = async (
  { said, journal, clock }: ApprovalParts,
  word: Approval,
  code: 'APPROVED' | 'VETOED',
  text: string,
): Promise<void> => {
  const { service, instance } = word;
  if (!(await inConsul(() => said.put(`approval/${service}/${instance}`, word))))
    throw new BallastError('CONFLICT', `somebody else spoke of ${service}/${instance} just now`, {
      status: 409,
      hint: 'look, and say it again',
    });
  journal.write([
    {
      ...{ at: clock.now(), kind: 'human', service, instance, action: null, code, text, token: null },
      data: { proposal: word.proposal, author: word.author, reason: word.reason, until: word.until },
    },
  ]);
};

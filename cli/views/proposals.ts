import { z } from 'zod';
import { healProposalSchema } from '../../scheduler/client/index.js';
import type { HealProposal } from '../../scheduler/client/index.js';
import type { View } from '../output.js';

/** What stands between the step and being taken: a person, or a guardrail that no person overrules. */
const stateOf = ({ allowed, waits }: HealProposal): string =>
  allowed ? 'begins now' : waits ? 'waits for you' : 'held back';

const heldBy = ({ verdicts }: HealProposal): string =>
  verdicts
    .filter(({ allowed }) => !allowed)
    .map(({ code, text }) => `${code}: ${text}`)
    .join('; ');

/** Those that wait for a person come first. */
export const byWaiting = (a: HealProposal, b: HealProposal): number => Number(b.waits) - Number(a.waits);

export const proposalsView: View<HealProposal> = {
  name: ({ id }) => id,
  encode: (row) => z.encode(healProposalSchema, row),
  empty: 'nothing is proposed: no instance is red or down',
  columns: [
    { title: 'INSTANCE', cell: ({ service, instance }) => `${service}/${instance}` },
    { title: 'STEP', cell: ({ step }) => step },
    { title: 'STATE', cell: stateOf, colour: ({ waits }) => (waits ? 'yellow' : 'grey') },
    { title: 'ID', cell: ({ id }) => id, wide: true },
    { title: 'BECAUSE', cell: ({ because }) => because },
    { title: 'HELD BACK BY', cell: heldBy },
  ],
};

import { z } from 'zod';
import { actionSchema } from '../../scheduler/client/index.js';
import type { Action } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import type { Colour } from '../paint.js';
import { age, clockTime } from '../words.js';

const colour = ({ outcome }: Action): Colour =>
  outcome === null
    ? 'yellow'
    : outcome === 'verified'
      ? 'green'
      : outcome === 'not-verified' || outcome === 'step-failed'
        ? 'red'
        : 'grey';

export const actionsView = (now: number): View<Action> => ({
  name: ({ id }) => id,
  encode: (row) => z.encode(actionSchema, row),
  empty: 'no actions: nothing was healed yet',
  columns: [
    { title: 'ACTION', cell: ({ id }) => id },
    { title: 'STEP', cell: ({ step }) => step },
    { title: 'INSTANCE', cell: ({ service, instance }) => `${service}/${instance}` },
    { title: 'PHASE', cell: ({ phase, outcome }) => outcome ?? phase, colour },
    { title: 'STARTED', cell: ({ intentAt }) => clockTime(intentAt, now) },
    { title: 'TOOK', cell: (row) => age(row.intentAt, row.phase === 'closed' ? row.phaseAt : now), align: 'right' },
    { title: 'NODE', cell: ({ node }) => node, wide: true },
    { title: 'TOKEN', cell: ({ token }) => String(token), align: 'right', wide: true },
    {
      title: 'BECAUSE',
      cell: ({ because, outcomeText }) => (outcomeText === null ? because : `${because}; ${outcomeText}`),
    },
  ],
});

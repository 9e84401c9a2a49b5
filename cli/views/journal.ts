import { z } from 'zod';
import { journalEntrySchema } from '../../scheduler/client/index.js';
import type { JournalEntry } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import { clockTime } from '../words.js';

const about = ({ service, instance }: JournalEntry): string =>
  service === null ? '-' : instance === null ? service : `${service}/${instance}`;

export const journalView = (now: number): View<JournalEntry> => ({
  name: ({ seq }) => String(seq),
  encode: (row) => z.encode(journalEntrySchema, row),
  empty: 'the journal has no such line',
  columns: [
    { title: 'SEQ', cell: ({ seq }) => String(seq), align: 'right', wide: true },
    { title: 'TIME', cell: ({ at }) => clockTime(at, now) },
    { title: 'KIND', cell: ({ kind }) => kind, wide: true },
    { title: 'CODE', cell: ({ code, kind }) => code ?? kind },
    { title: 'ABOUT', cell: about },
    { title: 'TOKEN', cell: ({ token }) => (token === null ? '-' : String(token)), align: 'right', wide: true },
    { title: 'WHAT', cell: ({ text }) => text },
  ],
});

import type { Mode, ModesResponse } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import { clockTime } from '../words.js';

export interface ModeRow {
  readonly service: string;
  readonly file: Mode['heal'];
  readonly inForce: Mode['heal'];
  /** What people set for it, or for all. */
  readonly set: readonly Mode[];
}

export const modeRows = ({ modes, services }: ModesResponse): readonly ModeRow[] =>
  services.map((one) => ({
    ...one,
    set: modes.filter(({ scope }) => scope === 'all' || scope === `service/${one.service}`),
  }));

const setText = ({ heal, scope, author, until, reason }: Mode, now: number): string =>
  `${heal}${scope === 'all' ? ' for all' : ''} by ${author}${until === null ? '' : ` until ${clockTime(until, now)}`}: ${reason}`;

export const modesView = (now: number): View<ModeRow> => ({
  name: ({ service }) => service,
  encode: (row) => row,
  empty: 'no service is configured',
  columns: [
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'FILE', cell: ({ file }) => file },
    {
      title: 'IN FORCE',
      cell: ({ inForce }) => inForce,
      colour: ({ file, inForce }) => (file === inForce ? 'green' : 'yellow'),
    },
    { title: 'SET', cell: ({ set }) => set.map((one) => setText(one, now)).join('; ') || '-' },
  ],
});

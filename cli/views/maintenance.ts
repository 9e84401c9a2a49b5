import { formatDuration } from '../../config/units.js';
import type { MaintenanceResponse } from '../../scheduler/client/index.js';
import type { View } from '../output.js';
import { clockTime } from '../words.js';

/** Declared by hand, or a window that recurs. */
export interface MaintenanceRow {
  readonly scope: string;
  readonly by: string;
  /** Open; else null. */
  readonly open: boolean;
  readonly until: number | null;
  readonly next: number | null;
  readonly reason: string;
}

export const maintenanceRows = ({ maintenance, windows }: MaintenanceResponse): readonly MaintenanceRow[] => [
  ...maintenance.map(({ scope, author, until, reason }) => ({
    scope: scope.replace(/^(?:service|instance)\//, ''),
    by: author,
    open: true,
    until,
    next: null,
    reason,
  })),
  ...windows.map(({ service, cron, timezone, forMs, reason, openUntil, next }) => ({
    scope: service ?? 'all',
    by: `"${cron}" ${timezone}, for ${formatDuration(forMs)}`,
    open: openUntil !== null,
    until: openUntil,
    next,
    reason,
  })),
];

const time = (at: number | null, now: number): string => (at === null ? '-' : clockTime(at, now));

export const maintenanceView = (now: number): View<MaintenanceRow> => ({
  name: ({ scope }) => scope,
  encode: ({ until, next, ...row }) => ({
    ...row,
    until: until === null ? null : new Date(until).toISOString(),
    next: next === null ? null : new Date(next).toISOString(),
  }),
  empty: 'nothing is in maintenance, and no window is configured',
  columns: [
    { title: 'SCOPE', cell: ({ scope }) => scope },
    { title: 'NOW', cell: ({ open }) => (open ? 'open' : 'closed'), colour: ({ open }) => (open ? 'yellow' : 'grey') },
    { title: 'UNTIL', cell: ({ open, until }) => (open ? time(until, now) : '-') },
    { title: 'NEXT', cell: ({ next }) => time(next, now) },
    { title: 'BY', cell: ({ by }) => by },
    { title: 'REASON', cell: ({ reason }) => reason },
  ],
});

import type { Finding, JournalReport, JournalSpan } from '../../scheduler/client/index.js';
import type { Paint } from '../paint.js';
import { table } from '../table.js';
import { clockTime } from '../words.js';

const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `journal: 4711 lines, 1 to 4711, from 14:03:11 to 15:20:00` */
export const spanLine = ({ name, lines, first, last, from, to }: JournalSpan, now: number): string =>
  first === null || last === null || from === null || to === null
    ? `${name}: no lines`
    : `${name}: ${times(lines, 'line')}, ${first} to ${last}, from ${clockTime(from, now)} to ${clockTime(to, now)}`;

export const findingsTable = (findings: readonly Finding[], now: number, paint: Paint): string =>
  findings.length === 0
    ? ''
    : table(
        [
          { title: 'LEVEL', cell: ({ level }) => level, colour: ({ level }) => (level === 'fault' ? 'red' : 'grey') },
          { title: 'RULE', cell: ({ rule }) => rule },
          { title: 'LINE', cell: ({ seq }) => (seq === null ? '-' : String(seq)), align: 'right' },
          { title: 'TIME', cell: ({ at }) => clockTime(at, now) },
          { title: 'ACTION', cell: ({ action }) => action ?? '-' },
          { title: 'WHAT', cell: ({ text }) => text },
        ],
        findings,
        paint,
      );

export const verdictLine = ({ whole, actions, faults, notes }: JournalReport): string => {
  const noted = notes.length === 0 ? '' : `; ${times(notes.length, 'note')}`;
  return whole
    ? `whole: ${times(actions, 'action')}, each with its beginning and its end${noted}`
    : `not whole: ${times(faults.length, 'fault')} in ${times(actions, 'action')}${noted}`;
};

/** What people have said and the calendar holds, as lines under the overview. */
import type { MaintenanceResponse, ModesResponse, Pause } from '../../scheduler/client/index.js';
import { scopeWords, untilWords } from '../commands/saying.js';
import { clockTime } from '../words.js';

/** Null: could not be asked. */
interface Said {
  readonly pauses: readonly Pause[] | null;
  readonly maintenance: MaintenanceResponse | null;
  readonly modes: ModesResponse | null;
}

const dayMs = 86_400_000;

/** What people and the calendar hold back, a line each; a window that is closed says when it opens. */
export const saidLines = ({ pauses, maintenance, modes }: Said, now: number): readonly string[] => [
  ...(pauses ?? []).map(
    ({ scope, author, reason, until }) =>
      `Paused: ${scopeWords(scope)} by ${author}${untilWords(until, now)}: ${reason}`,
  ),
  ...(maintenance?.maintenance ?? []).map(
    ({ scope, author, reason, until }) =>
      `In maintenance: ${scopeWords(scope)} by ${author}${untilWords(until, now)}: ${reason}`,
  ),
  ...(maintenance?.windows ?? []).flatMap(({ service, openUntil, next, reason }) => {
    const of = service ?? 'everything';
    if (openUntil !== null) return [`In maintenance: ${of} by its window${untilWords(openUntil, now)}: ${reason}`];
    return next !== null && next - now < dayMs
      ? [`Maintenance of ${of} begins ${clockTime(next, now)}: ${reason}`]
      : [];
  }),
  ...(modes?.modes ?? []).map(
    ({ scope, heal, author, reason, until }) =>
      `Mode: ${scopeWords(scope)} at most ${heal} by ${author}${untilWords(until, now)}: ${reason}`,
  ),
];

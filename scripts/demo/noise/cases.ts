/** What a fleet should bear without harm, and how one sees that it did. Pure. */
import type { NoiseLevel } from '../service/noise.js';
import { quiet } from '../service/noise.js';
import type { Figures } from './figures.js';

export const caseNames = ['base-errors', 'spike', 'lost-scrapes'] as const;
export type CaseName = (typeof caseNames)[number];

/** What was seen, and how many requests of clients failed meanwhile. */
export interface Seen extends Figures {
  readonly clientErrors: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly why: string;
}

export interface Case {
  readonly about: string;
  readonly noise: NoiseLevel;
  /** How long the noise goes on. */
  readonly seconds: number;
  /** One instance alone; else all of them. */
  readonly single: boolean;
  /** When enough was seen, given for how long the noise was wanted. */
  readonly isOver: (figures: Figures, seconds: number) => boolean;
  readonly verdict: (seen: Seen) => Verdict;
}

/** Evidence looks back 30 s: later the spike is nowhere to be seen. */
const forgottenAfter = 35;
const backWithin = 90;
const minute = 60;
const onePercent = 0.01;

/** The first thing that is wrong, or how well it went. */
const unless = (wrongs: readonly (string | false)[], well: string): Verdict => {
  const wrong = wrongs.find((text) => text !== false);
  return wrong === undefined ? { ok: true, why: well } : { ok: false, why: wrong };
};

const named = (ids: readonly string[], what: string): string | false => ids.length > 0 && `${ids.join(', ')} ${what}`;
const counted = (count: number, what: string): string | false => count > 0 && `${count} ${what}`;
const untouched = ({ killed, healings }: Figures): readonly (string | false)[] => [
  named(killed, 'ended, or was to be healed'),
  counted(healings, 'healings'),
];

export const cases: Readonly<Record<CaseName, Case>> = {
  'base-errors': {
    about: '1 % of all requests fail on every instance',
    noise: { ...quiet, errors: onePercent },
    seconds: 10 * minute,
    single: false,
    isOver: (figures, seconds) => figures.seconds >= seconds,
    verdict: (seen) =>
      unless(
        [
          seen.clientErrors === 0 && 'no request failed: there was no noise to bear',
          ...untouched(seen),
          named(seen.drained, 'taken out of rotation'),
          counted(seen.reloads, 'reloads'),
        ],
        'nobody was taken out, and NGINX was never reloaded',
      ),
  },
  spike: {
    about: 'one instance fails every request',
    noise: { ...quiet, errors: 1 },
    seconds: 2,
    single: true,
    isOver: ({ seconds, wellSince }) =>
      (wellSince !== null && seconds >= forgottenAfter) || seconds > backWithin + forgottenAfter,
    verdict: (seen) =>
      unless(
        [
          seen.clientErrors === 0 && 'no request failed: there was no spike',
          ...untouched(seen),
          seen.wellSince === null && `not green at full weight again after ${seen.seconds} s`,
          (seen.wellSince ?? 0) > backWithin && `full weight only after ${seen.wellSince} s (at most ${backWithin})`,
        ],
        `nothing was killed; full weight ${seen.wellSince === 0 ? 'all the time' : `after ${seen.wellSince} s`}`,
      ),
  },
  'lost-scrapes': {
    about: '1 % of all scrapes are lost, of every instance',
    noise: { ...quiet, lostScrapes: onePercent },
    seconds: 10 * minute,
    single: false,
    isOver: (figures, seconds) => figures.seconds >= seconds,
    verdict: (seen) =>
      unless(
        [
          seen.lostScrapes === 0 && 'no scrape was lost: there was no noise to bear',
          ...untouched(seen),
          counted(seen.weightChanges, 'changes of weights'),
          counted(seen.reloads, 'reloads'),
        ],
        `${seen.lostScrapes} scrapes were lost, and no weight changed`,
      ),
  },
};

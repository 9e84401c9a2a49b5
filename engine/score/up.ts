/** Whether the process lives, from the engine's own scrapes: refused is down at once, lost only after `fall` in a row. */
import type { UpObservation } from '../model.js';

export interface UpState {
  readonly state: 'up' | 'down' | 'unknown';
  readonly since: number;
  readonly why: string;
  /** What the state rests on: that it answers, that nobody listens, that nothing comes back; `none`: not looked yet. */
  readonly by: 'answer' | 'refusal' | 'silence' | 'none';
}

/** A single lost scrape says nothing: it leaves what was known. */
const isLostForNow = (up: UpObservation, fall: number): boolean => up.last === 'lost' && up.inARow < fall;

/** It answers, whatever it answers. */
const isAnswer = ({ last }: UpObservation): boolean => last === 'answered' || last === 'unfinished';

const stateOf = (before: UpState | null, up: UpObservation, fall: number): UpState['state'] => {
  if (isAnswer(up)) return 'up';
  if (up.last === 'none') return 'unknown';
  return isLostForNow(up, fall) ? (before?.state ?? 'unknown') : 'down';
};

/** How far the count is; once it is full, how long it goes on. */
const lostText = (inARow: number, fall: number): string =>
  inARow < fall ? `${inARow} of ${fall} scrapes` : `${inARow} scrapes`;

const whyOf = (up: UpObservation, fall: number): string => {
  if (up.last === 'none') return 'not scraped yet';
  if (up.last === 'unfinished') return `${up.inARow} scrapes in a row did not end: ${up.why}`;
  if (up.last === 'lost') return `${lostText(up.inARow, fall)} in a row were lost: ${up.why}`;
  return up.why === '' ? up.last : up.why;
};

const byOf = ({ last }: UpObservation): UpState['by'] => {
  if (last === 'none') return 'none';
  return last === 'refused' ? 'refusal' : last === 'lost' ? 'silence' : 'answer';
};

export const nextUp = (before: UpState | null, up: UpObservation, fall: number, now: number): UpState => {
  const state = stateOf(before, up, fall);
  const by = before !== null && isLostForNow(up, fall) ? before.by : byOf(up);
  const why = whyOf(up, fall);
  if (before?.state === state && before.why === why && before.by === by) return before;
  return { state, since: before?.state === state ? before.since : now, why, by };
};

/** What an `up` metric measures: 1 up, 0 down, null: not known now. */
export const upValue = ({ state }: UpState, up: UpObservation, fall: number): 0 | 1 | null => {
  if (isAnswer(up)) return 1;
  if (up.last === 'none' || (isLostForNow(up, fall) && state !== 'down')) return null;
  return 0;
};

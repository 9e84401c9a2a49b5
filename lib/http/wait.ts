import { BallastError } from '../errors.js';

/** A read waits this long unless it says otherwise, and never longer than the maximum, whatever it says. */
export const defaultWaitMs = 60_000;
export const maxWaitMs = 600_000;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** `500ms`, `5s`, `1.5m` in milliseconds, at most {@link maxWaitMs}. */
export const parseWait = (text: string): number => {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  const scale = unitsMs[unit ?? ''];
  if (amount === undefined || scale === undefined)
    throw new BallastError('INVALID_WAIT', `wait=${text} is not a duration`, { status: 400, hint: 'such as 5s or 1m' });
  return Math.min(maxWaitMs, Number(amount) * scale);
};

/** An index as a reader got it; 0 or none means: answer at once. */
export const parseIndex = (text: string): number => {
  if (!/^\d{1,15}$/.test(text))
    throw new BallastError('INVALID_INDEX', `index=${text} is not an index`, {
      status: 400,
      hint: 'send back what the X-Ballast-Index header said, or 0',
    });
  return Number(text);
};

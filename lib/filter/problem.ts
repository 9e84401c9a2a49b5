import { BallastError } from '../errors.js';

/** What is wrong with a filter, and where; `at` counts characters from 1. */
export const filterError = (at: number, what: string, hint: string | null = null): BallastError =>
  new BallastError('INVALID_FILTER', `filter, position ${at}: ${what}`, {
    status: 400,
    ...(hint === null ? {} : { hint }),
  });

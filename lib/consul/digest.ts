import { createHash } from 'node:crypto';

/** What two answers are compared by: the text of a large service would be some megabytes, kept for as long as it is watched. */
export const digestOf = (answer: unknown): string =>
  createHash('sha256').update(JSON.stringify(answer)).digest('base64');

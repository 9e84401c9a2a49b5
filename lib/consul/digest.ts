import { createHash } from 'node:crypto';

/**
 * Characters hashed at a time. Node makes room for all that it is given at once, and the C library, once it has seen some
 * megabytes come and go, keeps as much of what is free for good, in every thread.
 */
const slice = 16 * 1024;

/** What two answers are compared by: the text of a large service would be some megabytes, kept for as long as it is watched. */
export const digestOf = (answer: unknown): string => {
  const text = JSON.stringify(answer);
  const hash = createHash('sha256');
  // As it stands in memory: a slice may end in the middle of a character.
  for (let from = 0; from < text.length; from += slice) hash.update(text.slice(from, from + slice), 'utf16le');
  return hash.digest('base64');
};

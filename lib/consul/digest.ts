import { createHash, type Hash } from 'node:crypto';
import { setImmediate as othersFirst } from 'node:timers/promises';

/**
 * Characters hashed at a time. Node makes room for all that it is given at once, and the C library, once it has seen some
 * megabytes come and go, keeps as much of what is free for good, in every thread.
 */
const slice = 16 * 1024;

/** As it stands in memory: a slice may end in the middle of a character. */
const update = (hash: Hash, text: string): void => {
  for (let from = 0; from < text.length; from += slice) hash.update(text.slice(from, from + slice), 'utf16le');
};

/** What two answers are compared by: the text of a large service would be some megabytes, kept for as long as it is watched. */
export const digestOf = (answer: unknown): string => {
  const hash = createHash('sha256');
  update(hash, JSON.stringify(answer));
  return hash.digest('base64');
};

/** Elements without a pause: some milliseconds. */
const together = 1_000;

/** The same of a list that may be long; what else waits comes first now and then. */
export const digestInSlices = async (list: readonly unknown[]): Promise<string> => {
  const hash = createHash('sha256');
  for (let from = 0; from < list.length; from += together) {
    if (from > 0) await othersFirst();
    update(hash, JSON.stringify(list.slice(from, from + together)));
  }
  return hash.digest('base64');
};

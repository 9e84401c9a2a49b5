/** What is wrong with a value that came from outside, in the words of a person. */
import type { z } from 'zod';

const shown = 5;

/** Each issue with its place, `where.key` or `where` itself: "body.values: is missing". The first five of them. */
export const issuesText = ({ issues }: z.ZodError, where: string): string => {
  const texts = issues
    .slice(0, shown)
    .map(({ path, message }) => `${[where, ...path.map(String)].join('.')}: ${wordsOf(message)}`);
  return [...texts, ...(issues.length > shown ? [`and ${issues.length - shown} more`] : [])].join('; ');
};

const wordsOf = (message: string): string => {
  const words = message.replace(/^Invalid input: /, '');
  const missing = /^expected (.+), received undefined$/.exec(words);
  return missing ? `is missing (${missing[1] === 'record' ? 'object' : missing[1]})` : words;
};

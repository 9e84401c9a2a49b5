import type { Action } from '../client/index.js';
import type { Finding } from '../client/index.js';

/**
 * Acts that a person ordered or approved, without a line that bears that person's word. The word may have been given to
 * another scheduler than the one that acted: then it is a fault only where all journals are here.
 */
export const wordFindings = (
  actions: readonly Action[],
  words: ReadonlySet<string>,
  complete: boolean,
): readonly Finding[] =>
  actions.flatMap(({ id, by, approval, intentAt }) => {
    const asked = [
      ...(by.kind === 'human' ? [{ word: by.order, what: `${by.author} ordered it` }] : []),
      ...(approval === null ? [] : [{ word: approval.proposal, what: `${approval.author} approved it` }]),
    ];
    return asked
      .filter(({ word }) => !words.has(word) && !words.has(id))
      .map(({ word, what }): Finding => ({
        rule: 'no-word',
        level: complete ? 'fault' : 'note',
        journal: null,
        seq: null,
        at: intentAt,
        action: id,
        text: `${what} (${word}), and no line of a person says so`,
      }));
  });

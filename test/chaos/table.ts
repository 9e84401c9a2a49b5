import type { Proven } from './proof/index.js';
import type { Row } from './trials/trial.js';

const width = 110;

/** Lines of at most that many characters, broken between words. */
export const wrap = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

const label = 16;

const entry = (name: string, text: string): string =>
  wrap(text, width - label)
    .map((line, nth) => `  ${(nth === 0 ? name : '').padEnd(label - 2)}${line}`)
    .join('\n');

/** One block for each fault: a table whose cells are sentences is read downwards. */
export const rowText = ({ name, fault, expected, seen, ok, errors, requests, seconds }: Row): string =>
  [
    `${ok ? 'ok   ' : 'WRONG'} ${name} (${seconds} s)`,
    entry('fault', fault),
    entry('expected', expected),
    entry('seen', seen),
    entry('client errors', `${errors} of ${requests}`),
  ].join('\n');

export const proofText = ({ checked, breaches }: Proven): string => {
  const lines = Object.entries(checked).map(([rule, count]) => `  ${String(count).padStart(6)}  ${rule}`);
  const facts = Object.values(checked).reduce((sum, count) => sum + count, 0);
  return [
    `Proven from the journals and the ledgers: ${lines.length} rules held against ${facts} facts, ${breaches.length} breaches`,
    ...lines,
  ].join('\n');
};

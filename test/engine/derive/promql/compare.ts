import { keyOf } from '../../../../engine/derive/promql/labels.js';
import type { Answer } from './promtool.js';

const tolerance = 1e-9;

const alike = (one: number, other: number): boolean => {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) && Number.isNaN(other);
  if (!Number.isFinite(one) || !Number.isFinite(other)) return one === other;
  return Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one), Math.abs(other));
};

const text = (answer: Answer): string =>
  'error' in answer
    ? `error: ${answer.error}`
    : answer
        .map(({ labels, value }) => `${JSON.stringify(Object.fromEntries(Object.entries(labels).sort()))} ${value}`)
        .sort()
        .join('\n  ') || 'nothing';

/** In which way two answers differ; null: they agree. Why something is an error may be told in other words. */
export const difference = (theirs: Answer, ours: Answer): string | null => {
  const differ = `\n theirs:\n  ${text(theirs)}\n ours:\n  ${text(ours)}`;
  if ('error' in theirs || 'error' in ours) return 'error' in theirs && 'error' in ours ? null : differ;
  if (theirs.length !== ours.length) return differ;
  const values = new Map(ours.map(({ labels, value }) => [keyOf(labels), value]));
  const same = theirs.every(({ labels, value }) => {
    const our = values.get(keyOf(labels));
    return our !== undefined && alike(our, value);
  });
  return same && values.size === theirs.length ? null : differ;
};

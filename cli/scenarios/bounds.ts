/** What a number should be: `80`, `>= 80`, `< 50`, `40..60`, `none`; with a unit where values have one: `<= 5%`, `250ms`. */
import { parseDuration, parseShare, parseSize, trim } from '../../config/units.js';
import type { Parsed } from './notation.js';

export interface Bound {
  readonly text: string;
  /** `slack`: how far from a plain number still counts as equal. Null: there is no number. */
  readonly fits: (value: number | null, slack: number) => boolean;
}

const numberOf = (text: string): number | null => {
  const plain = text.trim();
  if (/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(plain)) return Number(plain);
  const ms = parseDuration(plain);
  return parseShare(plain) ?? (ms === null ? parseSize(plain) : ms / 1_000);
};

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '>=': (value, limit) => value >= limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '<': (value, limit) => value < limit,
};

const hint = 'write a number, a comparison like ">= 80", a range like 40..60, or none';

/** A bound as written, or what is wrong with it. */
export const parseBound = (written: string | number | null): Parsed<Bound> => {
  const text = String(written ?? 'none').trim();
  const bound = (fits: Bound['fits']): Parsed<Bound> => ({ ok: true, value: { text, fits } });
  if (text === 'none') return bound((value) => value === null);
  const [, sign, rest = ''] = /^(>=|<=|>|<)(.+)$/.exec(text) ?? [];
  const limit = numberOf(sign === undefined ? text : rest);
  const compare = sign === undefined ? undefined : comparisons[sign];
  if (compare && limit !== null) return bound((value) => value !== null && compare(value, limit));
  if (limit !== null) return bound((value, slack) => value !== null && Math.abs(value - limit) <= slack);
  const [from, to, ...more] = text.split('..').map(numberOf);
  if (typeof from === 'number' && typeof to === 'number' && more.length === 0)
    return bound((value) => value !== null && value >= from && value <= to);
  return { ok: false, wrong: `"${text}" is no number to expect: ${hint}` };
};

/** A number as a failure shows it. */
export const figure = (value: number | null): string => {
  if (value === null) return 'none';
  return Number.isFinite(value) ? trim(value, Math.abs(value) < 1 ? 4 : 2) : String(value);
};

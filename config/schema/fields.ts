/** The kinds of values that files hold: each a zod schema that parses its unit and says what it expected. */
import { z } from 'zod';
import {
  durationPattern,
  hourlyPattern,
  parseDuration,
  parseHourly,
  parseShare,
  parseSize,
  sharePattern,
  sizePattern,
} from '../units.js';

const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a section' : JSON.stringify(value);
};

/** A custom message that states what was expected and what is there. */
const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) =>
    issue.input === undefined ? `is missing: expected ${what}` : `expected ${what}, is ${shown(issue.input)}`,
});

const duration = (what: string, min: number, max: number, limits: string) =>
  z
    .string(expected(what))
    .regex(durationPattern, expected(what))
    .transform((text) => parseDuration(text) ?? 0)
    .refine((ms) => ms >= min && ms <= max, { error: `must be between ${limits}` });

/** Milliseconds, from `5s`; with limits that are also words. */
export const durationBetween = (from: string, to: string) =>
  duration(
    'a duration with its unit, like 5s or 250ms',
    parseDuration(from) ?? 0,
    parseDuration(to) ?? 0,
    `${from} and ${to}`,
  );

/** A duration from nothing to ten days. */
export const anyDuration = durationBetween('0s', '10d');
/** A duration of at least a millisecond. */
export const someDuration = durationBetween('1ms', '10d');

const shareWords = 'a percentage with its sign, like 60%';
/** A fraction 0..1, from `60%`. */
export const share = z
  .string(expected(shareWords))
  .regex(sharePattern, expected(shareWords))
  .transform((text) => parseShare(text) ?? 0)
  .refine((value) => value <= 1, { error: 'must be at most 100%' });

const sizeWords = 'a size with its unit, like 10MiB';
export const size = z
  .string(expected(sizeWords))
  .regex(sizePattern, expected(sizeWords))
  .transform((text) => parseSize(text) ?? 0)
  .refine((bytes) => bytes >= 1, { error: 'must be at least 1B' });

/** Bytes, of at least so many. */
export const sizeFrom = (least: string) => {
  const bytes = parseSize(least) ?? 1;
  return size.refine((given) => given >= bytes, { error: `must be at least ${least}` });
};

const quantityWords = 'a count like 2, or a percentage like 60%';
/** A count, or a share of the desired count. */
export const quantity = z
  .union([z.int().min(0), z.string().regex(sharePattern, expected(quantityWords))], expected(quantityWords))
  .transform((value) =>
    typeof value === 'number'
      ? ({ kind: 'count', value } as const)
      : ({ kind: 'share', value: parseShare(value) ?? 0 } as const),
  )
  .refine(({ kind, value }) => kind === 'count' || value <= 1, { error: 'must be at most 100%' });

const hourlyWords = 'a count per hour, like 3/h';
export const hourly = z
  .string(expected(hourlyWords))
  .regex(hourlyPattern, expected(hourlyWords))
  .transform((text) => parseHourly(text) ?? 0);

/** A threshold keeps its text: its unit is the metric's, which a preset may give. */
export const threshold = z.union(
  [z.number(), z.string()],
  expected('a number, or one with a unit like 5%, 250ms or 1GiB'),
);

export const wholeBetween = (min: number, max: number) =>
  z
    .int(expected('a whole number'))
    .min(min, { error: ({ input }) => `must be at least ${min}, is ${shown(input)}` })
    .max(max, {
      error: ({ input }) => `must be at most ${max}, is ${shown(input)}`,
    });

export const numberBetween = (min: number, max: number) =>
  z
    .number(expected('a number'))
    .min(min, { error: ({ input }) => `must be at least ${min}, is ${shown(input)}` })
    .max(max, {
      error: ({ input }) => `must be at most ${max}, is ${shown(input)}`,
    });

export const flag = z.boolean(expected('true or false'));
export const text = z.string(expected('text')).min(1, { error: 'must not be empty' });
export const textMatching = (pattern: RegExp, what: string) => z.string(expected(what)).regex(pattern, expected(what));

const oneOfWords = (values: readonly string[]) =>
  values.length === 1 ? `${values[0] ?? ''}` : `one of ${values.join(', ')}`;
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, expected(oneOfWords(values)));

/** A section: unknown keys are errors. */
export const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, expected('a section of keys'));

export const listOf = <T extends z.ZodType>(item: T) => z.array(item, expected('a list'));

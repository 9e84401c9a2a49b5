const unitsMs: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const durationPattern = /^(?:\d+(?:ms|[ywdhms]))+$/;

/** `1h30m` in milliseconds; undefined: no duration. */
export const readDuration = (text: string): number | undefined => {
  if (!durationPattern.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[ywdhms])/g))
    sum += Number(count) * (unitsMs[unit] ?? NaN);
  return sum;
};

const words: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };
const decimal = /^(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?$/;
const hexFloat = /^0x([\da-f_]*)\.?([\da-f_]*)p([+-]?\d+)$/;

/** A number as Go's ParseFloat reads it; undefined: it is none. */
export const readFloat = (text: string): number | undefined => {
  const sign = text.startsWith('-') ? -1 : 1;
  const bare = text.replace(/^[+-]/, '').toLowerCase();
  if (Object.hasOwn(words, bare)) return sign * (words[bare] ?? NaN);
  if (decimal.test(bare)) return sign * Number(bare.replaceAll('_', ''));
  const [, whole = '', fraction = '', exponent = '0'] = hexFloat.exec(bare.replaceAll('_', '')) ?? [];
  if (whole + fraction === '') return undefined;
  return sign * parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
};

/** A number as PromQL writes it: whole ones may be hexadecimal or, behind a 0, octal; a duration counts in seconds. */
export const readNumber = (text: string): number | undefined => {
  const sign = text.startsWith('-') ? -1 : 1;
  const bare = text.replace(/^[+-]\s*/, '').toLowerCase();
  if (/^[+-]/.test(bare)) return undefined;
  const digits = bare.replaceAll('_', '');
  if (/^0x[\da-f]+$/.test(digits)) return sign * Number(digits);
  if (/^0[0-7]+$/.test(digits)) return sign * parseInt(digits, 8);
  const durationMs = readDuration(bare);
  const value = durationMs === undefined ? readFloat(bare) : durationMs / 1000;
  return value === undefined ? undefined : sign * value;
};

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const escapePattern = /\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([^]|$))/g;

/** The string in quotes; Go's rules, a back-quoted one is raw. Undefined: it is broken. */
export const readString = (text: string): string | undefined => {
  const quote = text.charAt(0);
  if (text.length < 2 || !text.endsWith(quote)) return undefined;
  const inner = text.slice(1, -1);
  if (quote === '`') return inner;
  if (inner.includes('\n')) return undefined;
  let broken = false;
  const value = inner.replace(
    escapePattern,
    (_, simple?: string, x?: string, u?: string, U?: string, octal?: string) => {
      if (simple !== undefined) return simpleEscapes[simple] ?? '';
      const code = octal === undefined ? parseInt(x ?? u ?? U ?? '', 16) : parseInt(octal, 8);
      if (Number.isNaN(code) || code > 0x10ffff) broken = true;
      return broken ? '' : String.fromCodePoint(code);
    },
  );
  return broken ? undefined : value;
};

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

/** A number as PromQL writes it; a duration counts in seconds. */
export const readNumber = (text: string): number | undefined => {
  const sign = text.startsWith('-') ? -1 : 1;
  const bare = text.replace(/^[+-]\s*/, '').toLowerCase();
  if (bare === 'inf') return sign * Infinity;
  if (bare === 'nan') return NaN;
  const durationMs = readDuration(bare);
  if (durationMs !== undefined) return (sign * durationMs) / 1000;
  const value = Number(bare.replaceAll('_', ''));
  return bare === '' || Number.isNaN(value) ? undefined : sign * value;
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

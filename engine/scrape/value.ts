const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^[+-]?inf(?:inity)?$/i;

/**
 * A sample's value as Prometheus reads it: decimal, Inf or NaN (which takes no sign). Hexadecimal, `_` between digits and
 * what a float64 cannot hold are refused. undefined: it is no value.
 */
export const readValue = (text: string): number | undefined => {
  if (decimal.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (infinite.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
};

/**
 * Most values of most pages are short whole numbers: read them from the bytes, without a string.
 * -1: it is something else, see {@link readValue}.
 */
export const readDigits = (page: Uint8Array, from: number, to: number): number => {
  if (to <= from || to - from > 15) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (page[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
};

const largest = 2n ** 63n;

/** Milliseconds, as a whole number that fits an int64; undefined: it is none. */
export const readMilliseconds = (text: string): number | undefined => {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(text.replace(/^\+/, ''));
  return exact < largest && exact >= -largest ? value : undefined;
};

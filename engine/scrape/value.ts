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

const powers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Most values of most pages are short and plain, `42`, `0.0031` or `5.36e+08`: they are read from the bytes, without a string.
 * Whole numbers up to 2^53 times or by a power of ten up to 10^22 are exact, so that the one operation rounds as it should
 * (Clinger, "How to read floating point numbers accurately", 1990).
 */
export class PlainNumbers {
  /** First byte after the last number. */
  end = 0;

  /** The number that begins at `from` and ends before `to`; -1: it is none, or not so plain, see {@link readValue}. */
  read(page: Uint8Array, from: number, to: number): number {
    let value = 0;
    let at = from;
    let point = -1;
    for (; at < to; at++) {
      const byte = page[at] ?? 0;
      if (byte >= 0x30 && byte <= 0x39) value = value * 10 + (byte - 0x30);
      else if (byte === 0x2e && point < 0 && at > from) point = at;
      else break;
    }
    this.end = at;
    if (at === from || value > Number.MAX_SAFE_INTEGER) return -1;
    const decimals = point < 0 ? 0 : at - point - 1;
    const byte = page[at];
    const hasExponent = at < to && (byte === 0x65 || byte === 0x45);
    if (decimals === 0 && !hasExponent) return value;
    return scaled(value, (hasExponent ? this.#exponent(page, at + 1, to) : 0) - decimals);
  }

  /** NaN: it is none. */
  #exponent(page: Uint8Array, from: number, to: number): number {
    const negative = page[from] === 0x2d;
    const first = from < to && (negative || page[from] === 0x2b) ? from + 1 : from;
    let exponent = 0;
    let at = first;
    for (; at < to && at < first + 4; at++) {
      const digit = (page[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      exponent = exponent * 10 + digit;
    }
    this.end = at;
    if (at === first) return NaN;
    return negative ? -exponent : exponent;
  }
}

const scaled = (value: number, exponent: number): number => {
  const power = powers[Math.abs(exponent)];
  if (power === undefined) return -1;
  return exponent < 0 ? value / power : value * power;
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

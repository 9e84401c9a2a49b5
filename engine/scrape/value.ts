const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/;
const words: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };

/** A sample's value as Go reads it (decimal, hexadecimal float, Inf, NaN); undefined: it is none. */
export const readValue = (text: string): number | undefined => {
  if (decimal.test(text)) return Number(text);
  const sign = text.startsWith('-') ? -1 : 1;
  const word = text.replace(/^[+-]/, '').toLowerCase();
  if (Object.hasOwn(words, word)) return sign * (words[word] ?? NaN);
  const hex = hexadecimal.exec(text);
  if (!hex) return undefined;
  const [, , whole = '', fraction = '', exponent = '0'] = hex;
  const digits = whole + fraction;
  if (digits === '') return undefined;
  return sign * parseInt(digits, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
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

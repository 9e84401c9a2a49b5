/**
 * A long JSON list, cut between its elements into shorter ones: to parse the list of 10,000 instances in one go holds
 * everything else up for a tenth of a second.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** By byte: 1 opens, -1 closes a list or an object. */
const nesting = new Int8Array(256);
for (const [opens, closes] of ['[]', '{}']) {
  nesting[opens?.charCodeAt(0) ?? 0] = 1;
  nesting[closes?.charCodeAt(0) ?? 0] = -1;
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Without the blanks at both ends; throws where what is left does not stand in the brackets of a list. */
export const bracketsOf = (text: Buffer): { readonly from: number; readonly to: number } => {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text[from])) from++;
  while (to > from && isBlank(text[to - 1])) to--;
  if (to - from < 2 || text[from] !== 0x5b || text[to - 1] !== 0x5d) throw new SyntaxError('it is no whole JSON list');
  return { from, to };
};

/** After the text that begins with the quote before `at`. */
const textEnd = (text: Buffer, at: number, to: number): number => {
  while (at < to && text[at] !== quote) at += text[at] === backslash ? 2 : 1;
  return at + 1;
};

/** Some of the elements; there is at least one, as a comma stands before or after it. */
const pieceOf = (text: Buffer, from: number, to: number): string => {
  const piece = text.toString('utf8', from, to);
  if (!/\S/.test(piece)) throw new SyntaxError('it is a list with a comma and no element beside it');
  return `[${piece}]`;
};

/**
 * JSON lists of some elements each, in order; each is to be parsed, and only then it is known whether it is JSON. All but the
 * last take at least so many bytes. Throws where the whole is no list.
 */
export function* piecesOf(text: Buffer, atLeast = 256 * 1024): Generator<string, undefined> {
  const { from, to } = bracketsOf(text);
  let begin = from + 1;
  let depth = 0;
  for (let at = begin; at < to - 1; at++) {
    const byte = text[at] ?? 0;
    if (byte === quote) at = textEnd(text, at + 1, to) - 1;
    else depth += nesting[byte] ?? 0;
    if (byte !== comma || depth !== 0 || at - begin < atLeast) continue;
    yield pieceOf(text, begin, at);
    begin = at + 1;
  }
  yield begin === from + 1 ? text.toString('utf8', from, to) : pieceOf(text, begin, to - 1);
}

/** Lines of a page as bytes, so that what nobody asks for becomes no string. */

const space = 0x20;
const open = 0x7b;

/** Where the bare name of a sample ends. */
export const nameEndAt = (page: Buffer, from: number, end: number): number => {
  let at = from;
  while (at < end && page[at] !== open && page[at] !== space) at++;
  return at;
};

/** First byte after the name and labels of a line; -1: they do not end. */
export const seriesEndAt = (page: Buffer, nameEnd: number, end: number): number => {
  if (page[nameEnd] !== open || nameEnd >= end) return nameEnd;
  let quoted = false;
  for (let at = nameEnd + 1; at < end; at++) {
    const byte = page[at];
    if (byte === 0x5c && quoted) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (byte === 0x7d && !quoted) return at + 1;
  }
  return -1;
};

export const sameBytes = (page: Buffer, from: number, to: number, otherFrom: number, otherTo: number): boolean => {
  if (to - from !== otherTo - otherFrom) return false;
  for (let i = to - from - 1; i >= 0; i--) if (page[from + i] !== page[otherFrom + i]) return false;
  return true;
};

/** The four letters as a number. */
const kindOf = (word: number): 'HELP' | 'TYPE' | 'UNIT' | null => {
  if (word === 0x48454c50) return 'HELP';
  if (word === 0x54595045) return 'TYPE';
  return word === 0x554e4954 ? 'UNIT' : null;
};

/** Bytes before the name of `# TYPE name …`. */
export const nameOffset = '# TYPE '.length;

const isNameByte = (byte: number, first: boolean): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x5f ||
  byte === 0x3a ||
  (!first && byte >= 0x30 && byte <= 0x39);

/** The kind of a line that describes a metric by a bare name; null: it is none, or not as plain as that. */
export const kindAt = (page: Buffer, from: number, end: number): 'HELP' | 'TYPE' | 'UNIT' | null => {
  if (end - from <= nameOffset || page[from + 1] !== space || page[from + 6] !== space) return null;
  return kindOf(page.readUInt32BE(from + 2));
};

/** The end of that name, which a space follows; -1: it is no bare name. */
export const describedNameEnd = (page: Buffer, from: number, end: number): number => {
  let at = from;
  while (at < end && isNameByte(page[at] ?? 0, at === from)) at++;
  return at > from && at < end && page[at] === space ? at : -1;
};

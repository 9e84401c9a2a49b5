/**
 * Columns of a chunk. A column that never changes is one value. Others keep the bytes of all their numbers grouped by
 * significance (all signs and exponents, then all leading mantissa bytes, ...): neighbours look alike, so deflate finds them.
 * NaN stands for "not there".
 */
import type { ByteReader, ByteWriter } from './bytes.js';

/** Rows of a chunk, from one on and before another, of which numbers are read; the others are passed over. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

const CONSTANT = 0;
const VARYING = 1;

const isConstant = (values: ArrayLike<number>): boolean => {
  for (let i = 1; i < values.length; i += 1) if (!Object.is(values[i], values[0])) return false;
  return true;
};

/** Byte j of number i goes to j * count + i. */
const shuffle = (source: Uint8Array, width: number): Uint8Array => {
  const count = source.length / width;
  const target = new Uint8Array(source.length);
  for (let i = 0; i < count; i += 1)
    for (let j = 0; j < width; j += 1) target[j * count + i] = source[i * width + j] ?? 0;
  return target;
};

/** The numbers of some rows only: four bytes at a time. */
const unshuffle = (source: Uint8Array, width: number, { from, to }: Rows): Uint8Array => {
  const count = source.length / width;
  const words = new Uint32Array(((to - from) * width) / 4);
  const perNumber = width / 4;
  for (let word = 0; word < perNumber; word += 1) {
    const first = 4 * word * count;
    const [second, third, fourth] = [first + count, first + 2 * count, first + 3 * count];
    for (let i = from, place = word; i < to; i += 1, place += perNumber)
      words[place] =
        (source[first + i] ?? 0) |
        ((source[second + i] ?? 0) << 8) |
        ((source[third + i] ?? 0) << 16) |
        ((source[fourth + i] ?? 0) << 24);
  }
  return new Uint8Array(words.buffer);
};

type Floats = Float64Array | Float32Array;
const kinds = { value: Float64Array, score: Float32Array, spread: Float32Array } as const;
export type FloatKind = keyof typeof kinds;

/** Eight digits are enough to explain and to judge again; the noise below them would be most of the file. */
const dropNoise = (kind: FloatKind, words: Uint32Array): void => {
  if (kind === 'value') for (let i = 0; i < words.length; i += 2) words[i] = (words[i] ?? 0) & 0xff000000;
  if (kind === 'spread') for (let i = 0; i < words.length; i += 1) words[i] = (words[i] ?? 0) & 0xfffffe00;
};

const one = new Float64Array(1);
const oneAsWords = new Uint32Array(one.buffer);

/** The same bytes as for a column of one value, without its arrays: every column of the log's rows is one. */
export const writeOne = (to: ByteWriter, kind: 'value' | 'score', value: number): void => {
  one[0] = kind === 'score' ? Math.fround(value) : value;
  if (kind === 'value') dropNoise(kind, oneAsWords);
  to.byte(CONSTANT);
  to.float64(one[0]);
};

/**
 * `value`: full range, exact to eight digits (integers to 2^28). `score`: 32 bits, exact to seven. `spread`: 32 bits, exact
 * to four, for what only a chart will show.
 */
export const writeFloats = (to: ByteWriter, kind: FloatKind, values: readonly (number | null)[]): void => {
  if (values.length === 1 && kind !== 'spread') return writeOne(to, kind, values[0] ?? NaN);
  const plain = values.map((value) => value ?? NaN);
  const floats: Floats = kinds[kind].from(plain);
  dropNoise(kind, new Uint32Array(floats.buffer));
  if (isConstant(floats)) {
    to.byte(CONSTANT);
    to.float64(floats[0] ?? NaN);
    return;
  }
  to.byte(VARYING);
  to.bytes(shuffle(new Uint8Array(floats.buffer), floats.BYTES_PER_ELEMENT));
};

const allOf = (count: number): Rows => ({ from: 0, to: count });

/** NaN where there is no number. */
export const readFloatColumn = (
  from: ByteReader,
  kind: FloatKind,
  count: number,
  rows: Rows = allOf(count),
): Floats => {
  const Kind = kinds[kind];
  const width = Kind.BYTES_PER_ELEMENT;
  if (from.byte() === CONSTANT) return new Kind(rows.to - rows.from).fill(from.float64());
  return new Kind(unshuffle(from.bytes(count * width), width, rows).buffer as ArrayBuffer);
};

export const readFloats = (from: ByteReader, kind: FloatKind, count: number, rows: Rows): (number | null)[] => {
  const values: (number | null)[] = [];
  for (const value of readFloatColumn(from, kind, count, rows)) values.push(Number.isNaN(value) ? null : value);
  return values;
};

/** Passes over a column of floats. */
export const skipFloats = (from: ByteReader, kind: FloatKind, count: number): void => {
  from.bytes(from.byte() === CONSTANT ? 8 : count * kinds[kind].BYTES_PER_ELEMENT);
};

/** As {@link writeBytes} of one. */
export const writeByte = (to: ByteWriter, value: number): void => {
  to.byte(CONSTANT);
  to.byte(value);
};

export const writeBytes = (to: ByteWriter, values: readonly number[]): void => {
  if (isConstant(values)) {
    to.byte(CONSTANT);
    to.byte(values[0] ?? 0);
    return;
  }
  to.byte(VARYING);
  to.bytes(Uint8Array.from(values));
};

export const readBytes = (from: ByteReader, count: number, rows: Rows = allOf(count)): number[] =>
  from.byte() === CONSTANT
    ? new Array<number>(rows.to - rows.from).fill(from.byte())
    : [...from.bytes(count).subarray(rows.from, rows.to)];

/** Passes over a column of bytes. */
export const skipBytes = (from: ByteReader, count: number): void => {
  from.bytes(from.byte() === CONSTANT ? 1 : count);
};

/** Whole numbers from 0 on, of any size. */
export const writeCounts = (to: ByteWriter, values: readonly number[]): void => {
  to.byte(isConstant(values) ? CONSTANT : VARYING);
  for (const value of isConstant(values) ? values.slice(0, 1) : values) to.varint(value);
};

export const readCounts = (from: ByteReader, count: number, rows: Rows): number[] => {
  if (from.byte() === CONSTANT) return new Array<number>(rows.to - rows.from).fill(from.varint());
  const all = Array.from({ length: count }, () => from.varint());
  return all.slice(rows.from, rows.to);
};

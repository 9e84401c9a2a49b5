/**
 * A chunk as columns, without an object for every point: for whoever goes through millions of them to judge them anew. The
 * same numbers as {@link decodePoints}, but for level scores and penalties; what is null there is NaN here.
 */
import { inflateRawSync } from 'node:zlib';
import { BallastError } from '../../lib/errors.js';
import { ByteReader } from './bytes.js';
import { DEFLATED, INFLATED_LIMIT_BYTES, PLAIN, readTimes, statusCodes, ups, zones } from './codec.js';
import { readBytes, readFloatColumn, skipFloats } from './columns.js';

export interface MetricColumns {
  /** Positions in {@link statusWords}. */
  readonly statuses: ArrayLike<number>;
  readonly values: Float64Array | Float32Array;
}

export interface PointColumns {
  readonly count: number;
  readonly times: readonly number[];
  /** Zone times the number of up states, plus the up state ({@link zoneCode}, {@link upCode}). */
  readonly states: ArrayLike<number>;
  readonly raw: Float64Array | Float32Array;
  readonly smoothed: Float64Array | Float32Array;
  readonly metrics: readonly MetricColumns[];
}

export const zoneWords = zones;
export const upWords = ups;
export const statusCode = statusCodes;
export const zoneCode = (state: number): number => Math.floor(state / ups.length);
export const upCode = (state: number): number => state % ups.length;

const levelColumns = 3;
const stateCount = zones.length * ups.length;
const statusCount = Object.keys(statusCodes).length;

const checked = (codes: ArrayLike<number>, limit: number): ArrayLike<number> => {
  for (let i = 0; i < codes.length; i += 1)
    if ((codes[i] ?? 0) >= limit) throw new RangeError(`no such code ${codes[i]}`);
  return codes;
};

const unpack = (bytes: Uint8Array): PointColumns => {
  const from = new ByteReader(bytes);
  const count = from.varint();
  const width = from.varint();
  if (count > bytes.length || width > bytes.length) throw new RangeError('more points than bytes');
  const times = readTimes(from, count);
  const states = checked(readBytes(from, count), stateCount);
  const scores = () => readFloatColumn(from, 'score', count);
  const [raw, smoothed] = [scores(), scores()];
  for (let i = 0; i < levelColumns; i += 1) skipFloats(from, 'score', count);
  const metrics = Array.from({ length: width }, (): MetricColumns => {
    const statuses = checked(readBytes(from, count), statusCount);
    const values = readFloatColumn(from, 'value', count);
    skipFloats(from, 'score', count);
    return { statuses, values };
  });
  if (!from.atEnd) throw new RangeError('bytes left over');
  return { count, times, states, raw, smoothed, metrics };
};

/** Throws a BallastError where the bytes are damaged, or of a newer version. */
export const decodeColumns = (bytes: Uint8Array): PointColumns => {
  try {
    const body = bytes.subarray(1);
    if (bytes[0] === PLAIN) return unpack(body);
    if (bytes[0] === DEFLATED) return unpack(inflateRawSync(body, { maxOutputLength: INFLATED_LIMIT_BYTES }));
    throw new RangeError(`layout ${bytes[0] ?? 'none'} is not known`);
  } catch (cause) {
    throw new BallastError('HISTORY_DAMAGED', `a history chunk of ${bytes.length} bytes cannot be read`, { cause });
  }
};

/**
 * Points to bytes and back. Layout 1: a version byte, then (deflated in a chunk, plain in the log) the count, the times as
 * deltas of deltas, one byte of zone and up, the float columns raw, smoothed, app, system, gateway, and for each metric its
 * statuses, values (64 bits) and penalties (32 bits).
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { BallastError } from '../../lib/errors.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { readBytes, readFloats, type Rows, skipBytes, skipFloats, writeBytes, writeFloats } from './columns.js';
import type { Point, PointMetric, PointStatus } from './point.js';

export const PLAIN = 1;
export const DEFLATED = 2;
/** No chunk of ours comes near; a damaged length must not eat the memory. */
export const INFLATED_LIMIT_BYTES = 16 * 1024 * 1024;

// Only ever append to these: positions and codes are on disk.
export const zones = ['unknown', 'green', 'yellow', 'red'] as const;
export const ups = ['unknown', 'up', 'down'] as const;
export const statusCodes: Readonly<Record<PointStatus, number>> = {
  judged: 0,
  held: 1,
  'never-exposed': 2,
  empty: 3,
  missing: 4,
  stale: 5,
  'not-a-number': 6,
  'warming-up': 7,
  'too-little-traffic': 8,
  ambiguous: 9,
};
const statuses = new Map(Object.entries(statusCodes).map(([status, code]) => [code, status as PointStatus]));
export const levels = ['app', 'system', 'gateway'] as const;

const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index];
  if (value === undefined) throw new RangeError(`no such code ${index}`);
  return value;
};

export const statusOf = (code: number): PointStatus => {
  const status = statuses.get(code);
  if (status === undefined) throw new RangeError(`no such status ${code}`);
  return status;
};

const writeTimes = (to: ByteWriter, times: readonly number[]): void => {
  let before = 0;
  let step = 0;
  for (const time of times) {
    const rounded = Math.round(time);
    const delta = rounded - before;
    to.zigzag(delta - step);
    step = before === 0 ? 0 : delta;
    before = rounded;
  }
};

export const readTimes = (from: ByteReader, count: number): number[] => {
  const times: number[] = [];
  let before = 0;
  let step = 0;
  for (let i = 0; i < count; i += 1) {
    const delta = from.zigzag() + step;
    step = before === 0 ? 0 : delta;
    before += delta;
    times.push(before);
  }
  return times;
};

const pack = (points: readonly Point[]): Buffer => {
  const to = new ByteWriter();
  const width = points[0]?.metrics.length ?? 0;
  to.varint(points.length);
  to.varint(width);
  writeTimes(
    to,
    points.map((point) => point.at),
  );
  writeBytes(
    to,
    points.map((point) => zones.indexOf(point.zone) * ups.length + ups.indexOf(point.up)),
  );
  const scores = (of: (point: Point) => number | null): void => writeFloats(to, 'score', points.map(of));
  scores((point) => point.raw);
  scores((point) => point.smoothed);
  for (const level of levels) scores((point) => point.levels[level]);
  for (let i = 0; i < width; i += 1) {
    const column = points.map((point) => at(point.metrics, i));
    writeBytes(
      to,
      column.map((metric) => statusCodes[metric.status]),
    );
    writeFloats(
      to,
      'value',
      column.map((metric) => metric.value),
    );
    writeFloats(
      to,
      'score',
      column.map((metric) => metric.penalty),
    );
  }
  return to.finish();
};

/** Which metrics of a chunk are wanted, by their place; the others are passed over, and stand for nothing. */
export type Wanted = (place: number) => boolean;
export const allMetrics: Wanted = () => true;
export const noMetrics: Wanted = () => false;

/** Which rows of a chunk are wanted, by their times. */
export type Picked = (times: readonly number[]) => Rows;
export const allRows: Picked = ({ length }) => ({ from: 0, to: length });
/** Those of [from, to], both included; times rise. */
export const rowsWithin =
  (from: number, to: number): Picked =>
  (times) => {
    const first = times.findIndex((time) => time >= from);
    const last = times.findLastIndex((time) => time <= to);
    return first < 0 || last < first ? { from: 0, to: 0 } : { from: first, to: last + 1 };
  };
/** The last one until a time. */
export const lastRowUntil =
  (time: number): Picked =>
  (times) => {
    const last = times.findLastIndex((each) => each <= time);
    return { from: Math.max(0, last), to: last + 1 };
  };

const notRead: PointMetric = { status: 'missing', value: null, penalty: null };

const readMetric = (from: ByteReader, count: number, rows: Rows): PointMetric[] => {
  const codes = readBytes(from, count, rows);
  const values = readFloats(from, 'value', count, rows);
  const penalties = readFloats(from, 'score', count, rows);
  return codes.map((code, i) => {
    return { status: statusOf(code), value: values[i] ?? null, penalty: penalties[i] ?? null };
  });
};

const skipMetric = (from: ByteReader, count: number): null => {
  skipBytes(from, count);
  skipFloats(from, 'value', count);
  skipFloats(from, 'score', count);
  return null;
};

const unpack = (bytes: Uint8Array, wanted: Wanted, picked: Picked): Point[] => {
  const from = new ByteReader(bytes);
  const count = from.varint();
  const width = from.varint();
  if (count > bytes.length || width > bytes.length) throw new RangeError('more points than bytes');
  const times = readTimes(from, count);
  const rows = picked(times);
  const states = readBytes(from, count, rows);
  const scores = (): (number | null)[] => readFloats(from, 'score', count, rows);
  const [raw, smoothed, app, system, gateway] = [scores(), scores(), scores(), scores(), scores()];
  const columns = Array.from({ length: width }, (_, place) =>
    wanted(place) ? readMetric(from, count, rows) : skipMetric(from, count),
  );
  if (!from.atEnd) throw new RangeError('bytes left over');
  return states.map((state, i) => ({
    at: at(times, rows.from + i),
    zone: at(zones, Math.floor(state / ups.length)),
    up: at(ups, state % ups.length),
    raw: raw[i] ?? null,
    smoothed: smoothed[i] ?? null,
    levels: { app: app[i] ?? null, system: system[i] ?? null, gateway: gateway[i] ?? null },
    metrics: columns.map((column) => (column === null ? notRead : at(column, i))),
  }));
};

/** Of points that are few. All have the same metrics. */
export const encodePlain = (points: readonly Point[]): Buffer => Buffer.concat([Buffer.of(PLAIN), pack(points)]);

/** For a sealed chunk: as small as is cheap. All points have the same metrics. */
export const encodeChunk = (points: readonly Point[]): Buffer =>
  Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(pack(points), { level: 6 })]);

/** @throws BallastError when the bytes are of no layout that we know, or damaged. */
export const decodePoints = (bytes: Uint8Array, wanted: Wanted = allMetrics, picked: Picked = allRows): Point[] => {
  try {
    const body = bytes.subarray(1);
    if (bytes[0] === PLAIN) return unpack(body, wanted, picked);
    if (bytes[0] === DEFLATED)
      return unpack(inflateRawSync(body, { maxOutputLength: INFLATED_LIMIT_BYTES }), wanted, picked);
    throw new RangeError(`layout ${bytes[0] ?? 'none'} is not known`);
  } catch (cause) {
    throw new BallastError('HISTORY_DAMAGED', `a history chunk of ${bytes.length} bytes cannot be read`, {
      cause,
      hint: 'The rest of the history is not affected. A chunk written by a newer version needs that version.',
    });
  }
};

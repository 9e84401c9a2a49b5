/**
 * Aggregates to bytes and back. Layout 1: a version byte, the length of the first part, then two deflated parts, so that a
 * chart of scores reads no metrics: counts and scores; of each metric its statuses, values and penalties.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { BallastError } from '../../lib/errors.js';
import { ByteReader, ByteWriter } from './bytes.js';
import {
  allRows,
  INFLATED_LIMIT_BYTES,
  levels,
  type Picked,
  statusCodes,
  statusOf,
  ups,
  zones,
  type Wanted,
} from './codec.js';
import {
  readBytes,
  readCounts,
  readFloatColumn,
  skipBytes,
  skipFloats,
  writeBytes,
  writeCounts,
  writeFloats,
} from './columns.js';
import type { Aggregate, MetricSpread, Spread } from './spread.js';
import { Steps } from './steps.js';

const LAYOUT = 1;
/** Aggregates of a row, and metrics of an aggregate: ours have at most 60 and some dozens. */
const MOST = 10_000;
const parts = ['min', 'mean', 'max'] as const;

const writeSpreads = (to: ByteWriter, spreads: readonly (Spread | null)[]): void => {
  for (const part of parts)
    writeFloats(
      to,
      'spread',
      spreads.map((spread) => spread?.[part] ?? null),
    );
};

const packHead = (aggregates: readonly Aggregate[], stepMs: number): Buffer => {
  const to = new ByteWriter();
  const counts = (of: (aggregate: Aggregate) => number): void => writeCounts(to, aggregates.map(of));
  const first = aggregates[0]?.at ?? 0;
  to.varint(aggregates.length);
  to.varint(aggregates[0]?.metrics.length ?? 0);
  to.varint(first);
  counts(({ at }) => Math.round((at - first) / stepMs));
  counts(({ evaluations }) => evaluations);
  for (const zone of zones) counts((each) => each.zones[zone]);
  for (const up of ups) counts((each) => each.ups[up]);
  writeSpreads(
    to,
    aggregates.map(({ raw }) => raw),
  );
  writeSpreads(
    to,
    aggregates.map(({ smoothed }) => smoothed),
  );
  for (const level of levels)
    writeFloats(
      to,
      'spread',
      aggregates.map((each) => each.levels[level]),
    );
  return to.finish();
};

const packMetrics = (aggregates: readonly Aggregate[]): Buffer => {
  const to = new ByteWriter();
  for (let i = 0; i < (aggregates[0]?.metrics.length ?? 0); i += 1) {
    const column = aggregates.flatMap(({ metrics }) => metrics[i] ?? []);
    writeBytes(
      to,
      column.map(({ status }) => statusCodes[status]),
    );
    writeSpreads(
      to,
      column.map(({ value }) => value),
    );
    writeSpreads(
      to,
      column.map(({ penalty }) => penalty),
    );
  }
  return to.finish();
};

/** All have the same metrics, and begin on a step. */
export const encodeAggregates = (aggregates: readonly Aggregate[], stepMs: number): Buffer => {
  const to = new ByteWriter();
  const head = deflateRawSync(packHead(aggregates, stepMs), { level: 6 });
  to.byte(LAYOUT);
  to.varint(head.length);
  to.bytes(head);
  to.bytes(deflateRawSync(packMetrics(aggregates), { level: 6 }));
  return to.finish();
};

const inflate = (bytes: Uint8Array): ByteReader =>
  new ByteReader(inflateRawSync(bytes, { maxOutputLength: INFLATED_LIMIT_BYTES }));

const notRead: MetricSpread = { status: 'missing', value: null, penalty: null };

const readMetrics = (from: ByteReader, width: number, wanted: Wanted, steps: Steps): (MetricSpread[] | null)[] =>
  Array.from({ length: width }, (_, place) => {
    if (wanted(place)) {
      const codes = steps.mostOften(readBytes(from, steps.count, steps.rows));
      const [values, penalties] = [readSpreads(from, steps), readSpreads(from, steps)];
      return codes.map((code, i) => {
        return { status: statusOf(code), value: values[i] ?? null, penalty: penalties[i] ?? null };
      });
    }
    skipBytes(from, steps.count);
    for (let i = 0; i < 2 * parts.length; i += 1) skipFloats(from, 'spread', steps.count);
    return null;
  });

const readSpreads = (from: ByteReader, steps: Steps): (Spread | null)[] => {
  const [least, mean, largest] = [readSpread(from, steps), readSpread(from, steps), readSpread(from, steps)];
  return steps.spreads(least, mean, largest);
};

const readSpread = (from: ByteReader, { count, rows }: Steps) => readFloatColumn(from, 'spread', count, rows);

const unpack = (bytes: Uint8Array, { stepMs, wanted, picked = allRows, intoMs = 0 }: Reading): Aggregate[] => {
  const outer = new ByteReader(bytes);
  if (outer.byte() !== LAYOUT) throw new RangeError(`layout ${bytes[0] ?? 'none'} is not known`);
  const headBytes = outer.bytes(outer.varint());
  const head = inflate(headBytes);
  const count = head.varint();
  const width = head.varint();
  if (count > MOST || width > MOST) throw new RangeError('more than can be true');
  const first = head.varint();
  const times = readCounts(head, count, { from: 0, to: count }).map((offset) => first + offset * stepMs);
  const rows = picked(times);
  const steps = new Steps(times, rows, intoMs, readCounts(head, count, rows));
  const counts = (): readonly number[] => steps.sums(readCounts(head, count, rows));
  const [unknown = [], green = [], yellow = [], red = []] = zones.map(counts);
  const [notSeen = [], up = [], down = []] = ups.map(counts);
  const [raw, smoothed] = [readSpreads(head, steps), readSpreads(head, steps)];
  const [app = [], system = [], gateway = []] = levels.map(() => steps.means(readSpread(head, steps)));
  if (!head.atEnd) throw new RangeError('bytes left over');
  const places = Array.from({ length: width }, (_, place) => place);
  const columns = places.some(wanted)
    ? readMetrics(inflate(outer.bytes(outer.left)), width, wanted, steps)
    : places.map(() => null);
  return steps.starts.map((at, i) => ({
    at,
    evaluations: steps.evaluations[i] ?? 0,
    zones: { unknown: unknown[i] ?? 0, green: green[i] ?? 0, yellow: yellow[i] ?? 0, red: red[i] ?? 0 },
    ups: { unknown: notSeen[i] ?? 0, up: up[i] ?? 0, down: down[i] ?? 0 },
    raw: raw[i] ?? null,
    smoothed: smoothed[i] ?? null,
    levels: { app: app[i] ?? null, system: system[i] ?? null, gateway: gateway[i] ?? null },
    metrics: columns.map((column) => column?.[i] ?? notRead),
  }));
};

export interface Reading {
  /** What one aggregate stands for. */
  readonly stepMs: number;
  readonly wanted: Wanted;
  readonly picked?: Picked;
  /** Those of one step as one, right as they are read: most readers want less than there is. 0: each for itself. */
  readonly intoMs?: number;
}

/** @throws BallastError when the bytes are of no layout that we know, or damaged. */
export const decodeAggregates = (bytes: Uint8Array, reading: Reading): Aggregate[] => {
  try {
    return unpack(bytes, reading);
  } catch (cause) {
    throw new BallastError('HISTORY_DAMAGED', `a row of ${bytes.length} bytes of aggregated history cannot be read`, {
      cause,
      hint: 'The rest of the history is not affected. A row written by a newer version needs that version.',
    });
  }
};

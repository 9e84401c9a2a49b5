/** One evaluation as a row of numbers, on its way to the log and into its chunk: an object for each of them would be a dozen. */
import type { Absence } from '../client/index.js';
import { ByteWriter } from './bytes.js';
import { levels, PLAIN, statusCodes, statusOf, ups, zones } from './codec.js';
import { writeByte, writeOne } from './columns.js';
import type { Evaluated, JudgedMetric, Point, PointMetric, PointStatus } from './point.js';

/** Numbers of a point beside its metrics: zone and up in one, raw, smoothed, and a score per level. */
const heads = 3 + levels.length;
/** Numbers of a metric: status, value, penalty. */
const each = 3;

const numberOf = (value: number | null): number => value ?? Number.NaN;
const valueOf = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** NaN stands for "not there". */
export interface Row {
  readonly at: number;
  /** Of these the first `count`. */
  readonly cells: Float64Array;
  readonly count: number;
}

/** One for all, as every evaluation comes by here: good until the next is asked for, never to be kept. */
const scratch = { at: 0, cells: new Float64Array(heads + 16 * each), count: 0 };

const begin = (at: number, metrics: number): Float64Array => {
  scratch.at = at;
  scratch.count = heads + each * metrics;
  if (scratch.cells.length < scratch.count) scratch.cells = new Float64Array(scratch.count);
  return scratch.cells;
};

const stateOf = (zone: Point['zone'], up: Point['up']): number => zones.indexOf(zone) * ups.length + ups.indexOf(up);

/** Of what `no_data` holds the reason is kept: with a value beside it, it was held for it. */
export const statusWord = (status: JudgedMetric['status'], absence: Absence | null): PointStatus =>
  absence ?? (status === 'absent' ? 'missing' : status);

export const rowOf = (
  { at, zone, up, score, smoothed, levels: scored }: Evaluated,
  metrics: readonly JudgedMetric[],
): Row => {
  const cells = begin(at, metrics.length);
  cells[0] = stateOf(zone, up.state);
  cells[1] = numberOf(score);
  cells[2] = numberOf(smoothed);
  cells.fill(NaN, 3, heads);
  for (const { level, score: own } of scored) cells[3 + levels.indexOf(level)] = numberOf(own);
  let cell = heads;
  for (const { status, absence, value, penalty } of metrics) {
    cells[cell++] = statusCodes[statusWord(status, absence)];
    cells[cell++] = numberOf(value);
    cells[cell++] = numberOf(penalty);
  }
  return scratch;
};

export const rowOfPoint = ({ at, zone, up, raw, smoothed, levels: { app, system, gateway }, metrics }: Point): Row => {
  const cells = begin(at, metrics.length);
  cells[0] = stateOf(zone, up);
  cells[1] = numberOf(raw);
  cells[2] = numberOf(smoothed);
  cells[3] = numberOf(app);
  cells[4] = numberOf(system);
  cells[5] = numberOf(gateway);
  let cell = heads;
  for (const { status, value, penalty } of metrics) {
    cells[cell++] = statusCodes[status];
    cells[cell++] = numberOf(value);
    cells[cell++] = numberOf(penalty);
  }
  return scratch;
};

export const pointOfRow = ({ at, cells, count }: Row): Point => {
  const [state = 0, raw, smoothed, app, system, gateway] = cells;
  const metrics: PointMetric[] = [];
  for (let i = heads; i < count; i += each)
    metrics.push({ status: statusOf(cells[i] ?? NaN), value: valueOf(cells[i + 1]), penalty: valueOf(cells[i + 2]) });
  return {
    at,
    zone: zones[Math.floor(state / ups.length)] ?? 'unknown',
    up: ups[state % ups.length] ?? 'unknown',
    raw: valueOf(raw),
    smoothed: valueOf(smoothed),
    levels: { app: valueOf(app), system: valueOf(system), gateway: valueOf(gateway) },
    metrics,
  };
};

const bytes = new ByteWriter();

/** The same bytes as a chunk of this one point, plain; without an array for each of its columns. */
export const encodeRow = ({ at, cells, count }: Row): Buffer => {
  bytes.begin();
  bytes.byte(PLAIN);
  bytes.varint(1);
  bytes.varint((count - heads) / each);
  bytes.zigzag(Math.round(at));
  writeByte(bytes, cells[0] ?? 0);
  for (let i = 1; i < heads; i++) writeOne(bytes, 'score', cells[i] ?? NaN);
  for (let i = heads; i < count; i += each) {
    writeByte(bytes, cells[i] ?? 0);
    writeOne(bytes, 'value', cells[i + 1] ?? NaN);
    writeOne(bytes, 'score', cells[i + 2] ?? NaN);
  }
  return bytes.finish();
};

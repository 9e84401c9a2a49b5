/** `ballast history`: how an instance was, as a line to look at and a table to read. */
import type { HistoryResponse } from '../../engine/client/index.js';
import { formatDuration } from '../../config/units.js';
import type { Paint } from '../paint.js';
import { zoneColours, zoneText } from '../paint.js';
import { table } from '../table.js';
import type { Column } from '../table.js';
import { clockTime, score } from '../words.js';

type Point = HistoryResponse['points'][number];

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One sign for each step from start to end: how high the mean score was; a dot where nothing is known. */
export const sparkline = ({ points, start, end, stepMs }: HistoryResponse, paint: Paint): string => {
  const step = Math.max(stepMs, 1_000);
  const byStep = new Map(points.map((point) => [Math.floor(point.at / step), point]));
  const first = Math.floor(start / step);
  return Array.from({ length: Math.max(1, Math.ceil(end / step) - first) }, (_, i) => {
    const point = byStep.get(first + i);
    const mean = point?.score?.mean ?? null;
    if (point === undefined || mean === null) return '·';
    const bar = bars[Math.min(bars.length - 1, Math.floor((mean / 100) * bars.length))] ?? '·';
    return paint(zoneColours[point.zone], bar);
  }).join('');
};

/** 82.3, or where it moved `40 - 98` behind the mean. */
const range = (spread: Point['score']): string =>
  spread === null ? '-' : spread.min === spread.max ? score(spread.min) : `${score(spread.min)} - ${score(spread.max)}`;

const worstShare = ({ zone, zones }: Point): string => {
  const share = zones[zone];
  return share === undefined || share >= 1 ? '' : `${Math.max(1, Math.round(share * 100))} % of the time`;
};

const figure = (value: number | undefined): string =>
  value === undefined ? '-' : String(Number(value.toPrecision(4)));

const columns = (now: number, metrics: readonly string[]): readonly Column<Point>[] => [
  { title: 'TIME', cell: ({ at }) => clockTime(at, now) },
  { title: 'WORST ZONE', cell: ({ zone }) => zoneText(zone), colour: ({ zone }) => zoneColours[zone] },
  { title: 'SCORE', cell: (point) => score(point.score?.mean ?? null), align: 'right' },
  { title: 'LEAST - MOST', cell: (point) => range(point.score), align: 'right' },
  { title: 'SMOOTHED', cell: ({ smoothed }) => score(smoothed?.mean ?? null), align: 'right' },
  ...metrics.map((name): Column<Point> => {
    return { title: name, cell: (point) => figure(point.metrics?.[name]?.value?.mean), align: 'right' };
  }),
  { title: '', cell: worstShare },
];

const resolutions = { raw: 'every evaluation', minute: 'minutes', hour: 'hours' } as const;

export const historyText = (history: HistoryResponse, now: number, paint: Paint): string => {
  const { instance, start, end, points, parts, stepMs } = history;
  const names = [...new Set(points.flatMap(({ metrics }) => Object.keys(metrics ?? {})))];
  const made = parts.map(({ resolution }) => resolutions[resolution]).join(', then ');
  const step = stepMs === 0 ? 'each evaluation' : `steps of ${formatDuration(stepMs)}`;
  return [
    `${instance} from ${clockTime(start, now)} to ${clockTime(end, now)}, ${step}, made of ${made}:\n`,
    `${sparkline(history, paint)}\n`,
    table(columns(now, names), points, paint),
  ].join('\n');
};

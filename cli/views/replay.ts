/** `ballast replay`: what was beside what would have been. */
import { formatDuration, formatShare } from '../../config/units.js';
import type { Faring, Replay, ReplayDifference, ReplayedInstance } from '../../engine/client/index.js';
import { zoneText, type Paint } from '../paint.js';
import { table, type Column } from '../table.js';
import { clockTime, score } from '../words.js';

const shown = 20;

/** One text where both say the same. */
const pair = (recorded: string, candidate: string): string =>
  recorded === candidate ? recorded : `${recorded} -> ${candidate}`;

const both =
  (of: (faring: Faring) => string) =>
  ({ recorded, candidate }: Pick<Replay, 'recorded' | 'candidate'>): string =>
    pair(of(recorded), of(candidate));

const time = (ms: number): string => (ms === 0 ? '0' : formatDuration(ms));
const share = ({ meanShare }: Faring): string => (meanShare === null ? '-' : formatShare(meanShare));

const columns: readonly Column<ReplayedInstance>[] = [
  { title: 'INSTANCE', cell: ({ instance }) => instance },
  { title: 'GREEN', cell: both(({ zoneMs }) => time(zoneMs.green)) },
  { title: 'YELLOW', cell: both(({ zoneMs }) => time(zoneMs.yellow)) },
  { title: 'RED', cell: both(({ zoneMs }) => time(zoneMs.red)) },
  { title: 'UNKNOWN', cell: both(({ zoneMs }) => time(zoneMs.unknown)) },
  { title: 'CHANGES', cell: both(({ zoneChanges }) => String(zoneChanges)) },
  { title: 'MIN SCORE', cell: both(({ minScore }) => score(minScore)) },
  { title: 'OUT', cell: both(({ outs, outMs }) => (outs === 0 ? '0' : `${outs} (${time(outMs)})`)) },
  { title: 'WEIGHT', cell: both(share) },
];

interface Told extends ReplayDifference {
  readonly instance: string;
}

const moment = ({ zone, score: value }: ReplayDifference['recorded']): string => `${zoneText(zone)} ${score(value)}`;

const differences = (now: number): readonly Column<Told>[] => [
  { title: 'FROM', cell: ({ at }) => clockTime(at, now) },
  { title: 'FOR', cell: ({ at, until }) => (until === null ? 'to the end' : formatDuration(until - at)) },
  { title: 'INSTANCE', cell: ({ instance }) => instance },
  { title: 'RECORDED', cell: ({ recorded }) => moment(recorded) },
  { title: 'CANDIDATE', cell: ({ candidate }) => moment(candidate) },
  { title: 'BY', cell: ({ cause }) => cause ?? '' },
];

const countText = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const headline = ({ service, instances, evaluations, from, to, damaged }: Replay, now: number): string => {
  const differing = instances.filter((each) => each.differences > 0).length;
  const span = from === null || to === null ? '' : `, ${clockTime(from, now)} to ${clockTime(to, now)}`;
  const lost = damaged === 0 ? '' : ` ${countText(damaged, 'damaged chunk')} passed over.`;
  const verdict =
    differing === 0
      ? 'No zone would have been another.'
      : `${countText(differing, 'instance')} would have had other zones.`;
  return `${service}: ${countText(instances.length, 'instance')}, ${countText(evaluations, 'evaluation')}${span}. ${verdict}${lost}\n`;
};

/** Recorded -> candidate wherever they differ; the instances that differ longest first, and the first differences of all. */
export const replayText = (replay: Replay, paint: Paint, now: number): string => {
  const all: ReplayedInstance = { ...replay, instance: 'all', differences: 0, differsMs: 0, first: [] };
  const told = replay.instances
    .flatMap(({ instance, first }) => first.map((each): Told => ({ ...each, instance })))
    .sort((a, b) => a.at - b.at)
    .slice(0, shown);
  const rest = replay.instances.length - shown;
  const count = replay.instances.reduce((sum, each) => sum + each.differences, 0);
  return [
    headline(replay, now),
    table(columns, [...(replay.instances.length > 1 ? [all] : []), ...replay.instances.slice(0, shown)], paint) +
      (rest > 0 ? `and ${countText(rest, 'instance')} more (-o json has all)\n` : ''),
    ...(told.length === 0 ? [] : [`First differences, of ${count}:\n${table(differences(now), told, paint)}`]),
  ].join('\n');
};

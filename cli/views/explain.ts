/** `ballast explain`: why, with every number. The rows of a level's table add up to what it lost. */
import type { Explanation, LevelScore, MetricScore } from '../../engine/client/index.js';
import type { InstanceView, JournalEntry } from '../../scheduler/client/index.js';
import type { Paint } from '../paint.js';
import { zoneColours } from '../paint.js';
import { table } from '../table.js';
import type { Column } from '../table.js';
import { clockTime, metricValue, reasonText, score, threshold } from '../words.js';
import { weightText } from './instances.js';
import { pointsText, roundTogether } from './points.js';

interface Row {
  readonly name: string;
  readonly value: string;
  readonly good: string;
  readonly critical: string;
  readonly penalty: string;
  readonly peers: string;
  readonly weight: string;
  readonly points: string;
}

const columnsFor = (peers: number): readonly Column<Row>[] => [
  { title: 'METRIC', cell: ({ name }) => name },
  { title: 'VALUE', cell: ({ value }) => value },
  { title: 'GOOD', cell: ({ good }) => good },
  { title: 'CRITICAL', cell: ({ critical }) => critical },
  { title: 'PENALTY', cell: ({ penalty }) => penalty, align: 'right' },
  ...(peers > 0 ? [{ title: 'PEERS', cell: ({ peers: median }: Row) => median, align: 'right' as const }] : []),
  { title: 'WEIGHT', cell: ({ weight }) => weight, align: 'right' },
  { title: 'POINTS LOST', cell: ({ points }) => points, align: 'right' },
];

const blank = { good: '', critical: '', penalty: '', peers: '', weight: '' };

const marks = ({ blame, dryRun, moving }: MetricScore): string =>
  [dryRun ? 'dry run' : '', blame === 'dependency' ? 'dependency' : '', moving ? 'moving' : '']
    .filter((mark) => mark !== '')
    .map((mark) => ` (${mark})`)
    .join('');

const share = (penalty: number | null): string => (penalty === null ? '-' : penalty.toFixed(2));

const metricRow = (metric: MetricScore, points: number): Row => ({
  name: metric.name + marks(metric),
  value: metricValue(metric),
  good: threshold(metric.good, metric),
  critical: threshold(metric.critical, metric),
  penalty: share(metric.penalty),
  peers: share(metric.peersMedianPenalty),
  weight: String(metric.weight),
  points: metric.dryRun || metric.absence === 'never-exposed' ? 'not counted' : pointsText(points),
});

/** What lowers the level under its weighted mean, or (the system level's floor) keeps it from falling further. */
const ceilingRow = ({ ceiling }: LevelScore, points: number): readonly Row[] => {
  if (ceiling === null) return [];
  const row = { ...blank, points: pointsText(points) };
  return ceiling.pointsLost < 0
    ? [{ ...row, name: 'floor', value: `never under ${score(ceiling.at)}` }]
    : [{ ...row, name: 'ceiling', value: `${ceiling.metric} caps at ${score(ceiling.at)}` }];
};

const byLoss = (a: MetricScore, b: MetricScore): number =>
  b.pointsLost - a.pointsLost || (b.penalty ?? -1) - (a.penalty ?? -1) || a.name.localeCompare(b.name);

/** A level's table; the sum row is what the rows above it add up to, digit by digit. */
const levelTable = (level: LevelScore, { metrics, peers }: Explanation, paint: Paint): string => {
  const own = metrics.filter((metric) => metric.level === level.level).sort(byLoss);
  const losses = [...own.map(({ pointsLost }) => pointsLost), level.ceiling?.pointsLost ?? 0];
  const rounded = roundTogether(losses, 1);
  const lost = rounded.reduce((sum, value) => sum + value, 0);
  const sum: Row = {
    ...blank,
    name: `${level.level} level`,
    value: level.score === null ? 'no score' : `score ${score(level.score)}`,
    points: pointsText(Math.round(lost * 10) / 10),
  };
  const rows = [
    ...own.map((metric, i) => metricRow(metric, rounded[i] ?? 0)),
    ...ceilingRow(level, rounded.at(-1) ?? 0),
    sum,
  ];
  return table(columnsFor(peers.count), rows, paint);
};

const worstFirst = (a: LevelScore, b: LevelScore): number => (a.score ?? 101) - (b.score ?? 101);

/** The latest decisions, and what holds now. */
export interface Decided {
  readonly journal: readonly JournalEntry[];
  /** Null: the scheduler does not know this instance. */
  readonly view: InstanceView | null;
}

const codeWidth = (codes: readonly string[]): number => Math.max(9, ...codes.map((code) => code.length));

const journalLines = (journal: readonly JournalEntry[], now: number): readonly string[] => {
  const width = codeWidth(journal.map(({ code, kind }) => code ?? kind));
  return journal.map(({ at, code, kind, text }) => `${clockTime(at, now)}  ${(code ?? kind).padEnd(width)}  ${text}`);
};

const nowLines = ({ lifecycle, reasons, heldBack, ...weights }: InstanceView): readonly string[] => [
  `Now: ${lifecycle}, weight ${weightText(weights)}${reasons.length === 0 ? '' : `: ${reasons.map(reasonText).join('; ')}`}`,
  ...heldBack.map((verdict) => `  held back by ${reasonText(verdict)}`),
];

const decidedLines = ({ journal, view }: Decided, now: number): readonly string[] => [
  ...(journal.length === 0 ? ['No decisions about it yet.'] : journalLines(journal, now)),
  ...(view === null ? [] : nowLines(view)),
];

/** For one that the engine knows no more: what was done to it is all there is to say. */
export const goneText = (instance: string, decided: Decided | null, now: number): string =>
  [
    `${instance} has no score: it is not in Consul's catalog now.\n`,
    ...(decided === null ? [] : [`${decidedLines(decided, now).join('\n')}\n`]),
  ].join('\n');

/** `decided` is null while the scheduler cannot be asked. */
export const explainText = (explanation: Explanation, decided: Decided | null, paint: Paint): string => {
  const { instance, sentence, notes, peers, now } = explanation;
  const levels = [...instance.levels].sort(worstFirst);
  const parts = [
    `${paint(zoneColours[instance.zone], sentence)}\n`,
    explanation.past ? `${explanation.past.sentence}\n` : '',
    ...levels.map((level) => levelTable(level, explanation, paint)),
    [...notes, peers.sentence].map((line) => (line === '' ? '' : `${line}\n`)).join(''),
    decided === null ? '' : `${decidedLines(decided, now).join('\n')}\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
};

/** A starter file from what was seen: thresholds, each with what it rests on, and what nobody should take on trust. */
import { formatDuration } from '../../config/units.js';
import type { MetricPolicy } from '../../config/index.js';
import { formatValue } from '../words.js';
import { certaintyOf, doubtsOf, type Looked } from './certainty.js';
import type { Seen } from './look.js';
import { thresholdText } from './round.js';
import { statisticsOf, type Statistics } from './statistics.js';
import { adviseOn, type Advice } from './thresholds.js';

export interface Starter extends Looked {
  readonly service: string;
  readonly presets: readonly string[];
  /** Where the JSON Schema lies, as the file's first line names it. */
  readonly schema: string;
  /** Lines of a `scrape` section that differs from the preset's; empty: none. */
  readonly scrape: readonly string[];
  readonly at: number;
  /** How long the look itself took, and how far back the engine's history goes; null: there is none. */
  readonly lookedMs: number;
  readonly rememberedMs: number | null;
  /** Whom it looked at, for a sentence. */
  readonly whom: string;
  readonly seen: readonly Seen[];
}

interface Entry {
  readonly metric: MetricPolicy;
  readonly advice: Advice;
  readonly statistics: Statistics | null;
  readonly seen: Seen;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const seenText = ({ metric: { unit }, statistics, seen }: Entry): string => {
  if (statistics === null) return `no value: ${seen.why}`;
  const { median, p95, most, count } = statistics;
  const [m, p, x] = [median, p95, most].map((value) => formatValue(value, unit));
  const doubts = doubtsOf(statistics);
  const sure = doubts.length === 0 ? '' : `; ${doubts.join(', ')}`;
  return `median ${m}, p95 ${p}, most ${x} (${plural(count, 'sample')} of ${plural(seen.instances, 'instance')})${sure}`;
};

const presetText = ({ good, critical, unit }: MetricPolicy): string =>
  `${formatValue(good, unit)} and ${formatValue(critical, unit)}`;

const written = (entry: Entry): readonly string[] => {
  const { metric, advice } = entry;
  const { name, unit } = metric;
  if (advice.kind === 'watch')
    return [
      `  # ${seenText(entry)}`,
      `  # ${advice.why}; by the preset's ${presetText(metric)} it would cost points. Shown, not counted, until you decide`,
      `  ${name}: { dry_run: true }`,
    ];
  if (advice.kind === 'keep') return [];
  const text = `  ${name}: { good: ${thresholdText(advice.good, unit)}, critical: ${thresholdText(advice.critical, unit)} }`;
  const worse = advice.worse
    ? [`  # worse than the preset's ${presetText(metric)}: find out why before you get used to it`]
    : [];
  return [`  # ${seenText(entry)}`, ...worse, text];
};

const keptLine = (entry: Entry, width: number): string =>
  `#   ${entry.metric.name.padEnd(width)}  ${presetText(entry.metric)}: ${seenText(entry)}`;

const isWritten = ({ advice }: Entry): boolean => advice.kind !== 'keep';

const entriesOf = (seen: readonly Seen[]): readonly Entry[] =>
  seen.map((each) => {
    const statistics = statisticsOf(each.values);
    const advice: Advice = statistics === null ? { kind: 'keep', why: each.why } : adviseOn(each.metric, statistics);
    return { metric: each.metric, advice, statistics, seen: each };
  });

const memoryText = ({ rememberedMs }: Starter): string =>
  rememberedMs === null ? '' : ` and, while green, in the engine's history of ${formatDuration(rememberedMs)}`;

const headOf = (starter: Starter, entries: readonly Entry[]): readonly string[] => {
  const { level, doubts } = certaintyOf(starter);
  const watched = entries.filter(({ advice }) => advice.kind === 'watch').map(({ metric }) => metric.name);
  return [
    `# yaml-language-server: $schema=${starter.schema}`,
    `# A start, written by "ballast init service" on ${new Date(starter.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `# from what ${starter.whom} showed in ${formatDuration(starter.lookedMs)}${memoryText(starter)}.`,
    `# How sure it is: ${level}${doubts.length === 0 ? '' : ` (${doubts.join(', ')})`}. A longer look at a busy hour knows more: --for 10m --force`,
    `# By these thresholds nothing that was seen costs a point${watched.length === 0 ? '' : `, but for ${watched.join(', ')}, not counted for now`}.`,
  ];
};

const isLacking = ({ seen }: Entry): boolean => seen.values.length === 0 && seen.neverExposed;

/** The text of the file, and which metrics it says nothing good of. */
export const starterFile = (starter: Starter): string => {
  const entries = entriesOf(starter.seen);
  const lacking = entries.filter(isLacking).map(({ metric }) => metric.name);
  const set = entries.filter(isWritten);
  const kept = entries.filter((entry) => !isWritten(entry) && !isLacking(entry) && entry.metric.source.kind !== 'up');
  const width = Math.max(0, ...kept.map(({ metric }) => metric.name.length));
  const [first, ...more] = starter.presets;
  const preset = more.length === 0 ? (first ?? '') : `[${starter.presets.join(', ')}]`;
  return [
    ...headOf(starter, entries),
    `service: ${starter.service}`,
    `preset: ${preset}`,
    ...starter.scrape,
    '',
    '# Until an upstream of NGINX is named here, it is only watched:',
    `# traffic: { upstream: ${starter.service} }`,
    ...(set.length === 0
      ? []
      : ['', 'metrics:', ...set.flatMap((entry, i) => [...(i === 0 ? [] : ['']), ...written(entry)])]),
    ...(kept.length === 0
      ? []
      : ['', "# The preset's thresholds stand, good and critical, for:", ...kept.map((each) => keptLine(each, width))]),
    ...(lacking.length === 0
      ? []
      : [
          '',
          `# The preset also has these, and no page has; they are reported and not counted (some appear with the first request):`,
          `#   ${lacking.join(', ')}`,
        ]),
    '',
  ].join('\n');
};

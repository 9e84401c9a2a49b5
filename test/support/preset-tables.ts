/** What each preset judges by, and the zone that each of its metrics makes alone: the tables of docs/presets.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricPolicy, ServicePolicy } from '../../config/index.js';
import type { Zone } from '../../engine/client/index.js';
import { loadPresets } from '../../config/load.js';
import { formatDuration, formatShare } from '../../config/units.js';
import { packageRoot } from '../../lib/paths.js';
import { metricOf, refused } from './observations.js';
import { policyFor } from './policy.js';
import { Timeline } from './timeline.js';

export const page = join(packageRoot, 'docs', 'presets.md');

/** The zone when one metric is critical, for long, and all others are good. */
export const zoneWhenCritical = (policy: ServicePolicy, name: string): Zone => {
  const timeline = new Timeline(policy);
  const { source, critical } = metricOf(policy, name);
  timeline.repeat(5);
  if (source.kind === 'up') return timeline.repeat(6, {}, { up: refused(timeline.now, 6) }).zone;
  return timeline.repeat(6, { [name]: critical }).zone;
};

const shown = (value: number, { unit, source }: MetricPolicy): string => {
  if (source.kind === 'up') return value === 1 ? 'up' : 'down';
  if (source.kind === 'stall') return value === 0 ? 'flows' : 'stalls';
  if (unit === 'ratio') return formatShare(value);
  return unit === 'seconds' ? formatDuration(value * 1_000) : String(value);
};

const row = (policy: ServicePolicy, metric: MetricPolicy): string => {
  const { name, level, good, critical, weight, cap } = metric;
  const cells = [
    name,
    level,
    shown(good, metric),
    shown(critical, metric),
    weight,
    cap ?? '',
    zoneWhenCritical(policy, name),
  ];
  return `| ${cells.join(' | ')} |`;
};

const tableOf = (preset: string, about: string): string => {
  const policy = policyFor(`preset: ${preset}`);
  return [
    `### ${preset}: ${about}`,
    '',
    '| metric | level | good | critical | weight | cap | alone critical |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...policy.metrics.map((metric) => row(policy, metric)),
  ].join('\n');
};

export const presetTables = (): string =>
  [...loadPresets().values()].map(({ preset, about }) => tableOf(preset, about)).join('\n\n');

const begin = '<!-- tables: node dist/test/support/write-preset-tables.js -->';
const end = '<!-- end of tables -->';

/** The page with the tables as they are now. */
export const withTables = (text: string): string => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the tables`);
  return `${text.slice(0, from + begin.length)}\n\n${presetTables()}\n\n${text.slice(to)}`;
};

export const readPage = (): string => readFileSync(page, 'utf8');

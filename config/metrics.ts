/** Metrics of a service: presets in order, the file over them, then units, sources and what cannot be meant. */
import * as defaults from './defaults.js';
import type { MetricName } from './names.js';
import type { Curve, MetricPolicy, MetricSource, NoData } from './policy.js';
import { askingFindings } from './resolve-prometheus.js';
import type { MetricFile } from './schema/metric.js';
import type { PrometheusFile } from './schema/prometheus.js';
import { didYouMean } from '../lib/spelling.js';
import { finding } from './problems.js';
import type { Finding } from './problems.js';
import { inferUnit, thresholdIn } from './thresholds.js';
import type { Unit } from './thresholds.js';

export type MetricFiles = Readonly<Record<string, MetricFile>>;

const sourceKeys = ['query', 'ratio', 'stall', 'up'] as const;
/** What says of whom it is asked goes with the source. */
const askedKeys = ['source', 'label', 'match'] as const;

const given = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;

/** `over` wins key by key; a source of its own replaces the other's whole source. */
const overlay = (under: MetricFile, over: MetricFile): MetricFile => {
  const replaced = sourceKeys.some((key) => over[key] !== undefined);
  const rest: MetricFile = { ...under };
  for (const key of replaced ? [...sourceKeys, ...askedKeys] : []) delete rest[key];
  return { ...rest, ...given(over) };
};

/** Later layers win; order of first mention is kept. */
export const layerMetrics = (layers: readonly MetricFiles[]): MetricFiles => {
  const merged: Record<string, MetricFile> = {};
  for (const layer of layers) {
    for (const [name, metric] of Object.entries(layer)) merged[name] = overlay(merged[name] ?? {}, metric);
  }
  return merged;
};

/** An expression over other metrics needs no value of its own: its penalty is what it says, over a value of nothing. */
const isDerived = ({ curve }: MetricFile): boolean => typeof curve === 'object' && 'expression' in curve;

/** How a server's answer is mapped where the metric itself does not say. */
export type Mapping = Pick<PrometheusFile, 'label' | 'match'>;

const asked = (promql: string, metric: MetricFile, server: Mapping): MetricSource => ({
  kind: 'prometheus',
  promql,
  label: metric.label ?? server.label ?? defaults.prometheus.label,
  match: metric.match ?? server.match ?? defaults.prometheus.match,
});

const sourceOf = (metric: MetricFile, server: Mapping): MetricSource | null => {
  if (metric.source === 'prometheus' && metric.query !== undefined) return asked(metric.query.trim(), metric, server);
  if (metric.query !== undefined) return { kind: 'query', promql: metric.query.trim() };
  if (metric.ratio !== undefined) return { kind: 'ratio', ...metric.ratio };
  if (metric.stall !== undefined) {
    const { in_flight: inFlight, completed, at_least: atLeast } = metric.stall;
    return { kind: 'stall', inFlight, completed, atLeast: atLeast ?? defaults.metric.stallAtLeast };
  }
  if (metric.up !== undefined) return { kind: 'up' };
  return isDerived(metric) ? { kind: 'query', promql: '0' } : null;
};

const curveOf = (metric: MetricFile): Curve => {
  const { curve } = metric;
  if (curve === undefined || curve === 'linear') return { kind: 'linear' };
  if ('expression' in curve) return { kind: 'expression', text: curve.expression };
  return { kind: 'decay', halfLifeMs: curve.decay.half_life };
};

const noDataOf = (metric: MetricFile): NoData => {
  const kind = metric.no_data ?? 'skip';
  return kind === 'hold' ? { kind, forMs: metric.hold_for ?? defaults.metric.holdForMs } : { kind };
};

/** What the keys of a metric permit one by one, and together do not. */
const atOdds = (name: string, metric: MetricFile, source: MetricSource): readonly Finding[] => {
  const { no_data: noData = 'skip' } = metric;
  const of = (key: keyof MetricFile, message: string, hint: string): Finding =>
    finding(['metrics', name, key], message, hint);
  return [
    ...(source.kind === 'up' && noData !== 'skip'
      ? [of('no_data', `cannot be ${noData}: an up metric has a rule of its own for lost scrapes`, 'leave it out')]
      : []),
    ...(metric.hold_for !== undefined && noData !== 'hold'
      ? [of('hold_for', 'means nothing without no_data: hold', 'add it, or leave this out')]
      : []),
  ];
};

/** A stall is 0 or 1, a process is up or down, an expression gives a penalty: their thresholds need not be written. */
const naturalThresholds = (metric: MetricFile, source: MetricSource): { good?: number; critical?: number } => {
  if (source.kind === 'up') return { good: 1, critical: 0 };
  const derived = metric.query === undefined && isDerived(metric);
  return source.kind === 'stall' || derived ? { good: 0, critical: 1 } : {};
};

const unitOf = (metric: MetricFile, source: MetricSource): Unit =>
  metric.unit ?? inferUnit([metric.good, metric.critical]) ?? (source.kind === 'ratio' ? 'ratio' : 'none');

interface Checked {
  readonly findings: readonly Finding[];
  readonly policy: MetricPolicy | null;
}

/** `good: 5` beside `critical: 10%` means 500 %, and nobody means that. */
const bareBesidePercent = (name: string, metric: MetricFile): readonly Finding[] =>
  (['good', 'critical'] as const).flatMap((key) => {
    const raw = metric[key];
    const other = metric[key === 'good' ? 'critical' : 'good'];
    if (typeof raw !== 'number' || raw <= 1 || typeof other !== 'string' || inferUnit([other]) !== 'ratio') return [];
    const text = `${raw} beside ${other} means ${raw * 100} %`;
    return [finding(['metrics', name, key], text, `for percent write ${raw}%`)];
  });

const thresholds = (name: string, metric: MetricFile, source: MetricSource, unit: Unit) => {
  const findings: Finding[] = [];
  const read = (key: 'good' | 'critical'): number => {
    const raw = metric[key] ?? naturalThresholds(metric, source)[key];
    if (raw === undefined) {
      findings.push(finding(['metrics', name, key], 'is missing', `write the value that is ${key}`));
      return Number.NaN;
    }
    const parsed = thresholdIn(raw, unit);
    if ('value' in parsed) return parsed.value;
    findings.push(finding(['metrics', name, key], parsed.wrong));
    return Number.NaN;
  };
  const good = read('good');
  const critical = read('critical');
  findings.push(...bareBesidePercent(name, metric));
  if (good === critical) {
    const same = `good and critical are both ${String(metric.critical ?? good)}: between them lies the whole scale`;
    findings.push(finding(['metrics', name, 'critical'], same, 'make them differ; either may be the larger'));
  }
  if (source.kind === 'ratio' && critical > 1) {
    const never = `can never be reached: a ratio is at most 1, this is ${critical}`;
    findings.push(finding(['metrics', name, 'critical'], never, `for percent write ${critical}%`));
  }
  return { good, critical, findings };
};

const severalSources = (name: string, metric: MetricFile): readonly Finding[] => {
  const named = sourceKeys.filter((key) => metric[key] !== undefined);
  return named.length < 2
    ? []
    : [finding(['metrics', name, named[1] ?? ''], `has ${named.length} sources: ${named.join(', ')}`, 'keep one')];
};

const noSource = (name: string, known: readonly string[]): Finding => ({
  path: ['metrics', name],
  message: `no preset of this service has a metric "${name}", so it needs query, ratio, stall or up`,
  hint: didYouMean(name, known),
  atKey: true,
});

const resolveMetric = (name: string, metric: MetricFile, others: readonly string[], server: Mapping): Checked => {
  const source = sourceOf(metric, server);
  if (source === null) return { findings: [noSource(name, others)], policy: null };
  const unit = unitOf(metric, source);
  const { good, critical, findings } = thresholds(name, metric, source, unit);
  const policy: MetricPolicy = {
    name: name as MetricName,
    level: metric.level ?? 'app',
    source,
    good,
    critical,
    weight: metric.weight ?? defaults.metric.weight,
    cap: metric.cap ?? null,
    curve: curveOf(metric),
    blame: metric.blame ?? 'self',
    dryRun: metric.dry_run ?? false,
    minTraffic:
      metric.min_traffic === undefined
        ? null
        : { promql: metric.min_traffic.query.trim(), atLeast: metric.min_traffic.at_least },
    noData: noDataOf(metric),
    unit,
  };
  return { findings: [...findings, ...atOdds(name, metric, source)], policy };
};

/** The metrics that a service is judged by, and what is wrong with them. `own`: those that its file itself names. */
export const resolveMetrics = (
  presets: readonly MetricFiles[],
  own: MetricFiles,
  server: PrometheusFile | undefined,
): { metrics: readonly MetricPolicy[]; findings: readonly Finding[] } => {
  const layered = layerMetrics([...presets, own]);
  const fromPresets = presets.flatMap((preset) => Object.keys(preset));
  const checked = Object.entries(layered).map(([name, metric]) =>
    resolveMetric(name, metric, fromPresets, server ?? {}),
  );
  const metrics = checked.flatMap(({ policy }) => (policy === null ? [] : [policy]));
  const findings = [
    ...Object.entries(own).flatMap(([name, metric]) => severalSources(name, metric)),
    ...checked.flatMap((one) => one.findings),
    ...askingFindings(layered, server),
  ];
  if (Object.keys(layered).length === 0) {
    findings.push(finding(['metrics'], 'nothing to judge by', 'name a preset, like preset: node, or metrics'));
  }
  return { metrics, findings };
};

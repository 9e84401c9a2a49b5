/** A service file over its presets over the defaults: pure, and complete about what is wrong. */
import * as defaults from './defaults.js';
import { digest } from './hash.js';
import { resolveMetrics } from './metrics.js';
import type { InstanceId, ServiceName } from './names.js';
import type { DrainPolicy, PrometheusPolicy, ScrapePolicy, ServicePolicy, SystemPolicy } from './policy.js';
import { didYouMean } from '../lib/spelling.js';
import { finding } from './problems.js';
import type { Finding } from './problems.js';
import { maintenanceOf } from './schema/maintenance.js';
import type { PresetFile } from './schema/preset.js';
import type { ServiceFile } from './schema/service.js';
import { prometheusOf, serverFindings, unasked } from './resolve-prometheus.js';
import { guardrailsOf, healOf, runtimeOf, scoringOf, trafficOf } from './resolve-sections.js';
import { checkService } from './sanity.js';

export type Presets = ReadonlyMap<string, PresetFile>;

/** The last layer that says something wins, key by key. */
const layer = <T extends object>(...layers: readonly (T | undefined)[]): Partial<T> => {
  const merged: Partial<T> = {};
  for (const one of layers) {
    for (const [key, value] of Object.entries(one ?? {}))
      if (value !== undefined) Object.assign(merged, { [key]: value });
  }
  return merged;
};

/** Not longer than the share of the interval that a scrape may take. */
const fit = (timeoutMs: number, intervalMs: number): number =>
  Math.min(timeoutMs, Math.round(intervalMs * defaults.timeoutShare));

type ScrapeFile = NonNullable<ServiceFile['scrape']>;
const scrapeOf = (file: Partial<ScrapeFile>): ScrapePolicy => {
  const d = defaults.scrape;
  const intervalMs = file.interval ?? d.intervalMs;
  const timeoutMs = fit(file.timeout ?? d.timeoutMs, intervalMs);
  return {
    scheme: file.scheme ?? d.scheme,
    path: file.path ?? d.path,
    format: file.format ?? d.format,
    gzip: file.gzip ?? d.gzip,
    port: file.port ?? d.port,
    intervalMs,
    timeoutMs,
    connectTimeoutMs: Math.min(file.connect_timeout ?? d.connectTimeoutMs, timeoutMs),
    bodyLimitBytes: file.body_limit ?? d.bodyLimitBytes,
  };
};

type SystemFile = NonNullable<ServiceFile['system']>;
const systemOf = (file: Partial<SystemFile>, scrape: ScrapePolicy): SystemPolicy | null => {
  if (file.url === undefined) return null;
  const intervalMs = file.interval ?? scrape.intervalMs;
  return {
    url: file.url,
    format: file.format ?? defaults.scrape.format,
    gzip: file.gzip ?? defaults.scrape.gzip,
    intervalMs,
    timeoutMs: fit(file.timeout ?? defaults.scrape.timeoutMs, intervalMs),
    bodyLimitBytes: file.body_limit ?? defaults.scrape.bodyLimitBytes,
  };
};

const drainOf = (file: Partial<NonNullable<ServiceFile['drain']>>): DrainPolicy => ({
  inFlight: file.in_flight ?? defaults.drain.inFlight,
  deadlineMs: file.deadline ?? defaults.drain.deadlineMs,
});

/** What of the server a score depends on. */
const asks = ({ url, intervalMs, maxAgeMs }: PrometheusPolicy): object => ({ url, intervalMs, maxAgeMs });

const presetNames = ({ preset }: ServiceFile): readonly string[] =>
  preset === undefined ? [] : typeof preset === 'string' ? [preset] : preset;

const unknownPresets = ({ preset }: ServiceFile, names: readonly string[], presets: Presets): readonly Finding[] => {
  const known = [...presets.keys()];
  return names
    .map((name, i) => ({ name, path: Array.isArray(preset) ? ['preset', i] : ['preset'] }))
    .filter(({ name }) => !presets.has(name))
    .map(({ name, path }) =>
      finding(path, `no preset "${name}"`, didYouMean(name, known) ?? `there are: ${known.join(', ')}`),
    );
};

export interface ResolvedService {
  readonly policy: ServicePolicy;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** The policy is meaningful only without findings. */
export const resolveService = (file: ServiceFile, path: string, presets: Presets): ResolvedService => {
  const names = presetNames(file);
  const layers = names.flatMap((name) => presets.get(name) ?? []);
  const scrape = scrapeOf(layer(...layers.map((preset) => preset.scrape), file.scrape));
  const system = systemOf(layer(...layers.map((preset) => preset.system), file.system), scrape);
  const { metrics, findings } = resolveMetrics(
    layers.map((preset) => preset.metrics),
    file.metrics ?? {},
    file.prometheus,
  );
  const prometheus = file.prometheus === undefined ? null : prometheusOf(file.prometheus, path);
  const scoring = scoringOf(file);
  const policy: ServicePolicy = {
    service: file.service as ServiceName,
    file: path,
    hash: digest({ scrape, system, metrics, scoring, prometheus: prometheus === null ? undefined : asks(prometheus) }),
    owner: file.owner ?? null,
    selector: file.selector ?? null,
    datacenters: [...new Set(file.datacenter === undefined ? [] : [file.datacenter].flat())],
    presets: names,
    scrape,
    system,
    prometheus,
    metrics,
    scoring,
    traffic: file.traffic === undefined ? null : trafficOf(file.traffic),
    drain: drainOf(layer(...layers.map((preset) => preset.drain), file.drain)),
    heal: healOf(file),
    guardrails: guardrailsOf(file),
    runtime: runtimeOf(file),
    protected: (file.protected ?? []).map((id) => id as InstanceId),
    maintenance: maintenanceOf(file.maintenance),
  };
  const sanity = checkService(file, policy);
  const unknown = unknownPresets(file, names, presets);
  return {
    policy,
    findings: [
      ...unknown,
      // Without the preset that was meant there may be nothing to judge by; that says nothing new.
      ...(unknown.length > 0 ? findings.filter(({ path }) => path.length > 1) : findings),
      ...serverFindings(file.prometheus),
      ...sanity.findings,
    ],
    warnings: [...sanity.warnings, ...unasked(policy)],
  };
};

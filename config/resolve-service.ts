/** A service file over its presets over the defaults: pure, and complete about what is wrong. */
import * as defaults from './defaults.js';
import { digest } from './hash.js';
import { resolveMetrics } from './metrics.js';
import type { InstanceId, ServiceName } from './names.js';
import type {
  DrainPolicy,
  GuardrailPolicy,
  HealPolicy,
  RuntimePolicy,
  ScoringPolicy,
  ScrapePolicy,
  ServicePolicy,
  SystemPolicy,
  TrafficPolicy,
} from './policy.js';
import { didYouMean, finding } from './problems.js';
import type { Finding } from './problems.js';
import type { PresetFile } from './schema/preset.js';
import type { ServiceFile } from './schema/service.js';
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
    intervalMs,
    timeoutMs: fit(file.timeout ?? defaults.scrape.timeoutMs, intervalMs),
    bodyLimitBytes: file.body_limit ?? defaults.scrape.bodyLimitBytes,
  };
};

const scoringOf = ({ zones = {}, scoring = {} }: ServiceFile): ScoringPolicy => {
  const z = defaults.zones;
  const s = defaults.scoring;
  const goodScore = zones.good_score ?? z.goodScore;
  return {
    zones: {
      goodScore,
      criticalScore: zones.critical_score ?? z.criticalScore,
      maxScore: zones.max_score ?? goodScore,
      fall: zones.fall ?? z.fall,
      rise: zones.rise ?? z.rise,
      minCoverage: zones.min_coverage ?? z.minCoverage,
    },
    combine: scoring.combine ?? s.combine,
    levelWeights: {
      app: scoring.level_weights?.app ?? s.levelWeights.app,
      system: scoring.level_weights?.system ?? s.levelWeights.system,
      gateway: s.levelWeights.gateway,
    },
    halfLifeDownMs: scoring.half_life_down ?? s.halfLifeDownMs,
    halfLifeUpMs: scoring.half_life_up ?? s.halfLifeUpMs,
    blackoutMs: scoring.blackout ?? s.blackoutMs,
    staleIntervals: scoring.stale_intervals ?? s.staleIntervals,
  };
};

const trafficOf = (file: NonNullable<ServiceFile['traffic']>): TrafficPolicy => {
  const d = defaults.traffic;
  const b = file.breaker ?? {};
  return {
    upstream: file.upstream,
    mode: file.mode ?? d.mode,
    maxWeight: file.max_weight ?? d.maxWeight,
    floor: file.floor ?? d.floor,
    slowStartMs: file.slow_start ?? d.slowStartMs,
    retries: file.retries ?? d.retries,
    connectTimeoutMs: file.connect_timeout ?? d.connectTimeoutMs,
    readTimeoutMs: file.read_timeout ?? d.readTimeoutMs,
    breaker: {
      openMs: b.open ?? d.breaker.openMs,
      openMaxMs: b.open_max ?? d.breaker.openMaxMs,
      requests: b.requests ?? d.breaker.requests,
      goodScores: b.good_scores ?? d.breaker.goodScores,
      quietMs: b.quiet ?? d.breaker.quietMs,
      forgiveMs: b.forgive ?? d.breaker.forgiveMs,
    },
  };
};

const drainOf = (file: Partial<NonNullable<ServiceFile['drain']>>): DrainPolicy => ({
  inFlight: file.in_flight ?? defaults.drain.inFlight,
  deadlineMs: file.deadline ?? defaults.drain.deadlineMs,
});

const healOf = ({ heal = {} }: ServiceFile): HealPolicy => {
  const d = defaults.heal;
  const verifyMs = d.ladder[0]?.verifyMs ?? 0;
  return {
    mode: heal.mode ?? d.mode,
    afterMs: heal.after ?? d.afterMs,
    afterDownMs: heal.after_down ?? Math.min(d.afterDownMs, heal.after ?? d.afterMs),
    ladder: heal.ladder?.map((step) => ({ do: step.do, verifyMs: step.verify ?? verifyMs })) ?? d.ladder,
    single: heal.single ?? d.single,
    graceMs: heal.grace ?? d.graceMs,
    greenForMs: heal.green_for ?? d.greenForMs,
  };
};

const guardrailsOf = ({ guardrails: file = {} }: ServiceFile): GuardrailPolicy => {
  const d = defaults.guardrails;
  return {
    desired: file.desired ?? d.desired,
    minAvailable: file.min_available ?? d.minAvailable,
    maxConcurrent: file.max_concurrent ?? d.maxConcurrent,
    maxActions: file.max_actions ?? d.maxActions,
    maxActionsPerNode: file.max_actions_per_node ?? d.maxActionsPerNode,
    cooldownMs: file.cooldown ?? d.cooldownMs,
    backoff: {
      firstMs: file.backoff?.first ?? d.backoff.firstMs,
      maxMs: file.backoff?.max ?? d.backoff.maxMs,
      jitter: file.backoff?.jitter ?? d.backoff.jitter,
    },
    panic: file.panic ?? d.panic,
    warmUpMs: file.warm_up ?? d.warmUpMs,
    shrink: {
      share: file.shrink?.share ?? d.shrink.share,
      atLeast: file.shrink?.at_least ?? d.shrink.atLeast,
      confirmations: file.shrink?.confirmations ?? d.shrink.confirmations,
    },
  };
};

const runtimeOf = ({ runtime = 'none' }: ServiceFile): RuntimePolicy => {
  if (runtime === 'none') return { kind: 'none' };
  const { docker = {}, exec } = runtime === 'docker' ? {} : runtime;
  if (exec !== undefined) return { kind: 'exec', restart: exec.restart, pidFile: exec.pid_file };
  return { kind: 'docker', label: docker.label ?? defaults.dockerLabel };
};

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
  );
  const scoring = scoringOf(file);
  const policy: ServicePolicy = {
    service: file.service as ServiceName,
    file: path,
    hash: digest({ scrape, system, metrics, scoring }),
    owner: file.owner ?? null,
    selector: file.selector ?? null,
    presets: names,
    scrape,
    system,
    metrics,
    scoring,
    traffic: file.traffic === undefined ? null : trafficOf(file.traffic),
    drain: drainOf(layer(...layers.map((preset) => preset.drain), file.drain)),
    heal: healOf(file),
    guardrails: guardrailsOf(file),
    runtime: runtimeOf(file),
    protected: (file.protected ?? []).map((id) => id as InstanceId),
  };
  const sanity = checkService(file, policy);
  return {
    policy,
    findings: [...unknownPresets(file, names, presets), ...findings, ...sanity.findings],
    warnings: sanity.warnings,
  };
};

/** Sections of a service file that no preset touches, over the defaults. */
import * as defaults from './defaults.js';
import { ladderOf } from './ladder.js';
import type { GuardrailPolicy, HealPolicy, RuntimePolicy, ScoringPolicy, TrafficPolicy } from './policy.js';
import type { ServiceFile } from './schema/service.js';

export const scoringOf = ({ zones = {}, scoring = {} }: ServiceFile): ScoringPolicy => {
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

export const trafficOf = (file: NonNullable<ServiceFile['traffic']>): TrafficPolicy => {
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

export const healOf = ({ heal = {} }: ServiceFile): HealPolicy => {
  const d = defaults.heal;
  return {
    mode: heal.mode ?? d.mode,
    notify: heal.notify ?? d.notify,
    afterMs: heal.after ?? d.afterMs,
    afterDownMs: heal.after_down ?? Math.min(d.afterDownMs, heal.after ?? d.afterMs),
    ladder: ladderOf(heal.ladder),
    single: heal.single ?? d.single,
    graceMs: heal.grace ?? d.graceMs,
    greenForMs: heal.green_for ?? d.greenForMs,
  };
};

export const guardrailsOf = ({ guardrails: file = {} }: ServiceFile): GuardrailPolicy => {
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
    headroom: file.headroom === undefined ? d.headroom : { metric: file.headroom },
    shrink: {
      share: file.shrink?.share ?? d.shrink.share,
      atLeast: file.shrink?.at_least ?? d.shrink.atLeast,
      confirmations: file.shrink?.confirmations ?? d.shrink.confirmations,
    },
  };
};

export const runtimeOf = ({ runtime = 'none' }: ServiceFile): RuntimePolicy => {
  if (runtime === 'none') return { kind: 'none' };
  const { docker = {}, exec } = runtime === 'docker' ? {} : runtime;
  if (exec !== undefined)
    return { kind: 'exec', restart: exec.restart, replace: exec.replace ?? null, pidFile: exec.pid_file };
  return { kind: 'docker', label: docker.label ?? defaults.dockerLabel };
};

/**
 * Small readings of the world that the pure rooms (plan, guard, heal) share, so that a word means the same in each of them.
 * Times that the engine wrote are compared with the engine's own clock.
 */
import type { InstanceId, Quantity, ServiceName, ServicePolicy } from '../config/index.js';
import type { Cause, InstanceScore } from '../engine/client/index.js';
import type { GatewayView } from './client/index.js';
import type { ScoresState, ServiceWorld, World } from './model.js';
import { own } from '../lib/own.js';

/** An act starts only this long after a confirmed renewal: a lock may be lost unseen, until twice its TTL is over. */
export const confirmedWithinMs = 5_000;

/** Whether Consul had said anything of the service yet: an empty list is an answer. */
export const isDiscovered = ({ services }: World, name: ServiceName): boolean =>
  services.some(({ policy, catalog }) => policy.service === name && catalog.kind !== 'waiting');

/** How long ago the engine's moment `at` was. */
export const ageOf = (scores: ScoresState, at: number): number => scores.engineNow + scores.ageMs - at;

export const staleAfterMs = (policy: ServicePolicy, score: InstanceScore): number =>
  policy.scoring.staleIntervals * score.intervalMs;

export const isStale = ({ policy, scores }: ServiceWorld, score: InstanceScore): boolean =>
  ageOf(scores, score.at) > staleAfterMs(policy, score);

/** The score, if there is one that may be acted on. */
export const freshScore = (service: ServiceWorld, id: InstanceId): InstanceScore | null => {
  const score = service.scores.instances.get(id);
  return score && !isStale(service, score) ? score : null;
};

/** The weight that the gateway serves; 0: not among its servers; null: the gateway does not say. */
export const servedWeight = (gateway: GatewayView | null, upstream: string, instance: string): number | null => {
  const servers = gateway && own(gateway.servers, upstream);
  if (!servers) return null;
  return servers.find((server) => server.instance === instance)?.weight ?? 0;
};

/** Whether requests may reach it, now or as soon as a plan that is under way is served; null: the gateway does not say. */
export const mayBeServed = (gateway: GatewayView | null, upstream: string, instance: string): boolean | null => {
  const weight = servedWeight(gateway, upstream, instance);
  if (weight === null || gateway === null) return null;
  const coming = own(gateway.coming ?? {}, upstream)?.find((server) => server.instance === instance);
  return weight > 0 || (coming?.weight ?? 0) > 0;
};

/** The metrics that the worst level's score rests on: those whose ceiling binds, else all that cost at least half of the costliest. */
export const costliest = (score: InstanceScore): readonly Cause[] => {
  const scored = score.levels.filter((level) => level.score !== null);
  const worst = scored.reduce<(typeof scored)[number] | null>(
    (least, level) => ((level.score ?? 100) < (least?.score ?? Infinity) ? level : least),
    null,
  );
  const causes = score.causes.filter((cause) => worst === null || cause.level === worst.level);
  const ceilings = causes.filter((cause) => cause.ceiling);
  if (ceilings.length > 0) return ceilings;
  const most = Math.max(0, ...causes.map((cause) => cause.pointsLost));
  return causes.filter((cause) => cause.pointsLost > 0 && cause.pointsLost >= most / 2);
};

/** 0 <= x < 1, always the same for the same text (FNV-1a): jitter that a replay, and the next leader, work out alike. */
export const spread = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
};

/** "1.5 s", "2m 5s": a duration for a sentence. */
export const seconds = (ms: number): string => {
  const s = ms / 1000;
  if (s < 10) return `${Number(s.toFixed(1))} s`;
  return s < 120 ? `${Math.round(s)} s` : `${Math.floor(s / 60)}m ${Math.round(s % 60)}s`;
};

/** A share is rounded up: 50 % of three is two. */
export const atLeast = (quantity: Quantity, of: number): number =>
  // 0.1 * 30 is a little more than 3 in binary, and must not count as 4.
  quantity.kind === 'count' ? quantity.value : Math.ceil(quantity.value * of - 1e-9);

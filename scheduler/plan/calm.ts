/**
 * The plan of a service in which nothing is the matter: all are green at full weight, and nobody asked for anything. It is
 * what the long way round (`service.ts`) would come to, which a test holds against it, at a fraction of the cost: at nearly
 * every decision nearly every service is so.
 */
import type { InstanceId } from '../../config/index.js';
import { traffic as trafficDefaults } from '../../config/defaults.js';
import type { RotationMark } from '../../engine/client/index.js';
import type { InstanceMemory, PlannedServer, ServiceRecord } from '../client/index.js';
import { freshScore } from '../facts.js';
import type { CatalogEntry, ServiceWorld } from '../model.js';
import { desiredCount, minimumOf } from './census.js';
import type { PlanGround } from './ground.js';
import { planFor } from './plan-for.js';
import { figure } from './rotation.js';
import { inOrder, isSameProcess } from './seats.js';
import type { Planned } from './service.js';
import { own } from '../../lib/own.js';

/** Null: something is the matter, or was until now. */
export const planCalm = (
  service: ServiceWorld,
  entries: readonly CatalogEntry[],
  before: ServiceRecord,
  ground: PlanGround,
  now: number,
): Planned | null => {
  const { policy } = service;
  if (!isQuiet(service, before, ground, now) || !isKnown(entries, before)) return null;
  const { maxWeight } = policy.traffic ?? trafficDefaults;
  const servers: PlannedServer[] = [];
  const available = new Set<InstanceId>();
  for (const entry of inOrder(entries)) {
    const server = wellServer(service, entry, before, maxWeight);
    if (server === null) return null;
    servers.push(server);
    available.add(entry.id);
  }
  const desired = desiredCount(policy, before.seenCounts, entries.length);
  return {
    plan: planFor(policy, 'healthy', [], servers),
    record: before,
    census: { desired, minimum: minimumOf(policy, desired), blind: null, panic: null, available },
    events: [],
  };
};

/** Nothing is under way, and nobody said anything that might concern it. */
const isQuiet = (
  { catalog, scores, ledger, policy }: ServiceWorld,
  before: ServiceRecord,
  { controls, fleet }: PlanGround,
  now: number,
): boolean =>
  catalog.kind === 'live' &&
  catalog.entries.length > 0 &&
  scores.received &&
  ledger !== null &&
  ledger.open.length === 0 &&
  before.state === 'healthy' &&
  before.seenCounts.length === 0 &&
  controls !== null &&
  controls.maintenance.length === 0 &&
  !controls.drains.some(({ service, restored }) => service === policy.service && restored === null) &&
  !controls.orders.some(({ service, until }) => service === policy.service && until > now) &&
  policy.maintenance.length + (fleet.maintenance?.length ?? 0) === 0;

/** The same instances as before, none of them marked for the engine. */
const isKnown = (entries: readonly CatalogEntry[], { instances, rotation }: ServiceRecord): boolean => {
  let left = entries.length;
  for (const _ in instances) left -= 1;
  if (left !== 0) return false;
  for (const id in rotation) if (!isIn(rotation[id]) || !own(instances, id)) return false;
  return true;
};

const isIn = (mark: RotationMark | undefined): boolean => mark?.state === 'in' || mark?.state === 'fresh';

const wellServer = (
  service: ServiceWorld,
  { id, address, port, consul }: CatalogEntry,
  before: ServiceRecord,
  maxWeight: number,
): PlannedServer | null => {
  const memory = own(before.instances, id);
  const score = freshScore(service, id);
  if (!memory || !score || consul !== 'passing' || !isAtRest(memory, maxWeight)) return null;
  if (score.zone !== 'green' || score.up.state !== 'up' || score.blackout || !isSameProcess(memory, score)) return null;
  const reasons = [{ code: 'FULL' as const, text: `score ${figure(score.score)}` }];
  return { instance: id, address, port, weight: maxWeight, lifecycle: 'serving', zone: 'green', reasons };
};

/** In rotation at full weight, and nothing is remembered against it. */
const isAtRest = (memory: InstanceMemory, maxWeight: number): boolean =>
  memory.lifecycle === 'serving' &&
  memory.breaker.state === 'closed' &&
  memory.breaker.opened === 0 &&
  memory.weight === maxWeight &&
  memory.rampFrom === null &&
  memory.outSince === null &&
  memory.episode === null &&
  memory.quarantine === null &&
  memory.drained === null &&
  memory.told.length === 0;

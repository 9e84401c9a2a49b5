/** What the scheduler says to others over HTTP, as zod schemas: plan, proposals, instances, gateway, journal. JSON is camelCase. */
import { z } from 'zod';
import { zoneSchema } from '../../engine/client/index.js';
import { isoTime } from '../../lib/time.js';
import {
  breakerSchema,
  healModeSchema,
  lifecycleSchema,
  reasonCodeSchema,
  reasonSchema,
  serviceStateSchema,
  stepSchema,
  verdictSchema,
} from './terms.js';

/** One server of an upstream as it should be. Weight 0 means out of rotation (absent or `down`), never NGINX's weight=0. */
export const plannedServerSchema = z.object({
  instance: z.string(),
  address: z.string(),
  port: z.number(),
  weight: z.number(),
  lifecycle: lifecycleSchema,
  zone: zoneSchema,
  reasons: z.array(reasonSchema),
});
export type PlannedServer = z.infer<typeof plannedServerSchema>;

/** What should be done to one instance next, and whether it may. */
export const healProposalSchema = z.object({
  id: z.string(),
  service: z.string(),
  instance: z.string(),
  step: stepSchema,
  /** The metrics that cost most points, or what was done: what a step is remembered by. */
  signature: z.string(),
  because: z.string(),
  /** Why this step: its place on the ladder, and how it did on such faults before. */
  chosen: z.string(),
  /** Of a person: id of the order; null: Ballast's own. */
  order: z.string().nullable().default(null),
  allowed: z.boolean(),
  /** Only a person's word is missing. */
  waits: z.boolean().default(false),
  verdicts: z.array(verdictSchema),
});
export type HealProposal = z.infer<typeof healProposalSchema>;

/** `GET /v1/proposals` */
export const proposalsResponseSchema = z.object({ proposals: z.array(healProposalSchema) });

export const servicePlanSchema = z.object({
  service: z.string(),
  upstream: z.string().nullable(),
  /** `heal` is the level in force: what people allow, or less. */
  mode: z.object({ traffic: z.enum(['observe', 'act', 'none']), heal: healModeSchema }),
  state: serviceStateSchema,
  reasons: z.array(reasonSchema),
  servers: z.array(plannedServerSchema),
  proposals: z.array(healProposalSchema),
});
export type ServicePlan = z.infer<typeof servicePlanSchema>;

export const planSchema = z.object({ at: isoTime, services: z.array(servicePlanSchema) });
export type Plan = z.infer<typeof planSchema>;

/** One line of the journal. */
export const journalEntrySchema = z.object({
  seq: z.number(),
  at: isoTime,
  kind: z.enum(['traffic', 'heal', 'refusal', 'gateway', 'leader', 'human', 'system']),
  service: z.string().nullable(),
  instance: z.string().nullable(),
  action: z.string().nullable(),
  code: reasonCodeSchema.nullable(),
  text: z.string(),
  /** Token under which it was decided; null without leadership. */
  token: z.number().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** By upstream. */
const serversSchema = z.record(
  z.string(),
  z.array(z.object({ instance: z.string(), address: z.string(), port: z.number(), weight: z.number() })),
);

/** What the gateway serves: last proven revision, and what happened to the last candidate. */
export const gatewayViewSchema = z.object({
  revision: z.string().nullable(),
  provenAt: isoTime.nullable(),
  servers: serversSchema,
  /** Of a plan that is being brought to NGINX right now: new workers may serve it before that is proven. Null: none is. */
  coming: serversSchema.nullable(),
  last: z
    .object({
      at: isoTime,
      revision: z.string(),
      ok: z.boolean(),
      stage: z.enum(['render', 'write', 'test', 'promote', 'reload', 'prove', 'done']),
      text: z.string(),
      reloadMs: z.number().nullable(),
    })
    .nullable(),
  reloads: z.number(),
  failures: z.number(),
});
export type GatewayView = z.infer<typeof gatewayViewSchema>;

/** `GET /v1/instances` */
export const instanceViewSchema = z.object({
  service: z.string(),
  instance: z.string(),
  node: z.string(),
  address: z.string(),
  port: z.number(),
  zone: zoneSchema,
  score: z.number().nullable(),
  lifecycle: lifecycleSchema,
  since: isoTime,
  breaker: breakerSchema,
  /** Decided and served weight; null: not in an upstream of ours. */
  weight: z.number().nullable(),
  applied: z.number().nullable(),
  reasons: z.array(reasonSchema),
  heldBack: z.array(verdictSchema),
  action: z.string().nullable(),
});
export type InstanceView = z.infer<typeof instanceViewSchema>;

export const leaderViewSchema = z.object({
  leader: z.boolean(),
  node: z.string(),
  token: z.number().nullable(),
  since: isoTime.nullable(),
  text: z.string(),
});
export type LeaderView = z.infer<typeof leaderViewSchema>;

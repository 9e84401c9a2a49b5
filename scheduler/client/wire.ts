/**
 * What the scheduler says to others: wire types of its HTTP API and of what it keeps in Consul KV, as zod schemas.
 * JSON is camelCase; times are RFC 3339 on the wire and epoch milliseconds in the program.
 */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { rotationMarkSchema, zoneSchema } from '../../engine/client/index.js';
import { reasonCodes } from './reasons.js';

export const reasonCodeSchema = z.enum(reasonCodes);

/** A reason with its numbers: the code's own sentence is general, `text` is about this case ("available after: 7 of 8 (minimum 5)"). */
export const reasonSchema = z.object({ code: reasonCodeSchema, text: z.string() });
export type Reason = z.infer<typeof reasonSchema>;

/** One guardrail's verdict. A guardrail that cannot read what it needs refuses. */
export const verdictSchema = z.object({ code: reasonCodeSchema, allowed: z.boolean(), text: z.string() });
export type Verdict = z.infer<typeof verdictSchema>;

export const lifecycleSchema = z.enum([
  'joining',
  'serving',
  'out',
  'probation',
  'draining',
  'healing',
  'verifying',
  'quarantined',
]);
export type Lifecycle = z.infer<typeof lifecycleSchema>;

export const serviceStateSchema = z.enum(['healthy', 'degraded', 'failing', 'recovering', 'stabilizing']);
export type ServiceState = z.infer<typeof serviceStateSchema>;

/** A circuit breaker, as plain data. `opened`: times in a row; each good period takes one off. */
export const breakerSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('closed'), opened: z.number(), since: isoTime }),
  z.object({
    state: z.literal('open'),
    opened: z.number(),
    since: isoTime,
    until: isoTime,
    failedProbations: z.number(),
  }),
  z.object({ state: z.literal('half-open'), opened: z.number(), since: isoTime, failedProbations: z.number() }),
]);
export type Breaker = z.infer<typeof breakerSchema>;

/** Which process exactly. A restart gives a new identity under the same instance id. */
export const identitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('docker'), containerId: z.string(), startedAt: z.string() }),
  z.object({ kind: z.literal('ecs'), taskArn: z.string() }),
  z.object({ kind: z.literal('exec'), unit: z.string(), pid: z.number(), startTime: z.string() }),
]);
export type Identity = z.infer<typeof identitySchema>;

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

/** A rung of the ladder. */
export const stepSchema = z.enum(['gentle', 'restart', 'replace']);
export type Step = z.infer<typeof stepSchema>;

/** Who wants an action. `forced` passes cooldown and what filters by cause, never the target's lock and never the journal. */
export const wisherSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ballast') }),
  z.object({
    kind: z.literal('human'),
    author: z.string(),
    reason: z.string(),
    /** Id of the order. */
    order: z.string(),
    forced: z.boolean(),
  }),
]);
export type Wisher = z.infer<typeof wisherSchema>;

/** KV `<prefix>control/approval/<service>/<instance>`: a person's word on a proposal: for this step of this episode, as it was seen then. */
export const approvalSchema = z.object({
  kind: z.literal('approval').default('approval'),
  /** `<service>/<instance>/<start of the episode>/<step>` */
  proposal: z.string(),
  service: z.string(),
  instance: z.string(),
  step: stepSchema,
  says: z.enum(['approve', 'veto']),
  author: z.string(),
  reason: z.string(),
  at: isoTime,
  /** Later it is worth nothing: expired, which is not denied. */
  until: isoTime,
  /** What it was said of. */
  snapshot: z.object({
    because: z.string(),
    zone: zoneSchema,
    score: z.number().nullable(),
    verdicts: z.array(verdictSchema),
  }),
});
export type Approval = z.infer<typeof approvalSchema>;

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

export const healModeSchema = z.enum(['observe', 'suggest', 'act']);

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

/**
 * Phases of a healing action. Each is written to the ledger before what it names is done, so that the next leader can
 * finish or give up safely: `stepping` with the old identity still there means not done, with another one means done.
 */
export const actionPhaseSchema = z.enum(['intent', 'draining', 'stepping', 'verifying', 'closed']);
export const actionOutcomeSchema = z.enum(['verified', 'not-verified', 'step-failed', 'overtaken', 'inconclusive']);

export const actionSchema = z.object({
  id: z.string(),
  service: z.string(),
  instance: z.string(),
  node: z.string(),
  /** Where it was registered: a process that is stopped half-way may have left the catalog, and must still be found. */
  nodeAddress: z.string(),
  address: z.string(),
  port: z.number(),
  step: stepSchema,
  /** As of the proposal. */
  signature: z.string().default(''),
  by: wisherSchema.default({ kind: 'ballast' }),
  /** Who let it, where the level asks for one. */
  approval: approvalSchema.nullable().default(null),
  because: z.string(),
  /** The identity that the step is meant for, and the one that came after it. */
  identity: identitySchema,
  newIdentity: identitySchema.nullable(),
  phase: actionPhaseSchema,
  /** Fencing token of the leader that wrote this phase. */
  token: z.number(),
  intentAt: isoTime,
  phaseAt: isoTime,
  /** End of draining (draining), of the runtime's step (stepping) or of verifying (verifying). */
  deadline: isoTime,
  greenSince: isoTime.nullable(),
  /** It had become green before the step: the fault was none, or had gone. */
  falsePositive: z.boolean(),
  outcome: actionOutcomeSchema.nullable(),
  outcomeText: z.string().nullable(),
  verdicts: z.array(verdictSchema),
});
export type Action = z.infer<typeof actionSchema>;
export type ActionOutcome = z.infer<typeof actionOutcomeSchema>;

/** KV `<prefix>ledger/<service>`: what is in flight, and the closed actions that budgets still count. */
export const ledgerSchema = z.object({ token: z.number(), open: z.array(actionSchema), closed: z.array(actionSchema) });
export type Ledger = z.infer<typeof ledgerSchema>;

/** What `decide` remembers of one instance; plain data, so that the next leader goes on from it. */
export const instanceMemorySchema = z.object({
  lifecycle: lifecycleSchema,
  breaker: breakerSchema,
  /** Start of the slow start; null: none. */
  rampFrom: isoTime.nullable(),
  /** Last decided weight, before it was normalised to the upstream's largest; 0: takes no traffic. */
  weight: z.number(),
  /** Out of rotation since; a probation in between does not end it. */
  outSince: isoTime.nullable(),
  seenSince: isoTime,
  /** Start of the present trouble: red, down or out, until it is green and whole again; null: none. */
  episode: isoTime.nullable().default(null),
  /** The ladder is spent: left alone until it is green or a person says so. */
  quarantine: z.object({ since: isoTime, why: z.string() }).nullable().default(null),
  /** Since when a person has it out, or wants it out; null: nobody does. For when what people say cannot be read. */
  drained: isoTime.nullable().default(null),
  /** Since when this process is new to us (joined, or a new identity); null: it was there before us. */
  freshSince: isoTime.nullable(),
  /** By its own word, as last scored: a later start is a new process. */
  processStartedAt: isoTime.nullable(),
  /** The refusals of the present episode that were recorded already. */
  told: z.array(z.string()),
});
export type InstanceMemory = z.infer<typeof instanceMemorySchema>;

/** How a step did on faults of one signature. `falsePositives`: it had become green before the step. */
export const workedSchema = z.object({
  signature: z.string(),
  step: stepSchema,
  tried: z.number(),
  verified: z.number(),
  falsePositives: z.number(),
  at: isoTime,
});
export type Worked = z.infer<typeof workedSchema>;

/** KV `<prefix>plan/<service>`: what is decided. Written only when something material changes. */
export const serviceRecordSchema = z.object({
  token: z.number(),
  at: isoTime,
  state: serviceStateSchema,
  stateSince: isoTime,
  /** Largest instance counts seen, for `desired` where nobody declares it. */
  seenCounts: z.array(z.object({ at: isoTime, count: z.number() })),
  /** The last sign of a storm over many services; null: none that anybody remembers. */
  stormAt: isoTime.nullable().default(null),
  /** The level fell below what people allow, until a person lifts it again; null: it did not. */
  fallen: z.object({ since: isoTime, instance: z.string(), why: z.string() }).nullable().default(null),
  /** What became of each step on each kind of fault. */
  worked: z.array(workedSchema).default([]),
  instances: z.record(z.string(), instanceMemorySchema),
  /** Read by the engine, see engine/client/rotation.ts. */
  rotation: z.record(z.string(), rotationMarkSchema),
});
export type ServiceRecord = z.infer<typeof serviceRecordSchema>;

/** KV `<prefix>control/pause/<scope>`; scope is `all`, `service/<name>` or `instance/<service>/<id>` (the same text stands in `scope`). */
export const pauseSchema = z.object({
  kind: z.literal('pause').default('pause'),
  scope: z.string(),
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
});
export type Pause = z.infer<typeof pauseSchema>;

/** KV `<prefix>control/maintenance/<scope>`: like a pause, but expected, and told nobody as trouble. */
export const maintenanceSchema = pauseSchema.extend({ kind: z.literal('maintenance') });
export type Maintenance = z.infer<typeof maintenanceSchema>;

/** KV `<prefix>control/mode/<scope>`: a ceiling besides the file's; the lower counts. Scope is `all` or `service/<name>`. */
export const modeSchema = z.object({
  kind: z.literal('mode'),
  scope: z.string(),
  heal: healModeSchema,
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
});
export type Mode = z.infer<typeof modeSchema>;

/** With which key a request came, and what it asked: the same again is the same act, and never a second one. The last few are kept. */
export const requestKeySchema = z.object({ key: z.string(), digest: z.string() });

/** KV `<prefix>control/drain/<service>/<instance>`: a person wants it out of rotation, or wanted it back. */
export const drainSchema = z.object({
  kind: z.literal('drain'),
  service: z.string(),
  instance: z.string(),
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
  /** Who took it back: then it holds no more, and a quarantine from before is over too. */
  restored: z.object({ author: z.string(), reason: z.string(), at: isoTime }).nullable().default(null),
  requests: z.array(requestKeySchema).default([]),
});
export type Drain = z.infer<typeof drainSchema>;

/** KV `<prefix>control/order/<service>/<instance>`: a person wants a step done. */
export const orderSchema = z.object({
  kind: z.literal('order'),
  id: z.string(),
  service: z.string(),
  instance: z.string(),
  step: stepSchema,
  author: z.string(),
  reason: z.string(),
  at: isoTime,
  /** Begun by then, or not at all. */
  until: isoTime,
  forced: z.boolean(),
  requests: z.array(requestKeySchema).default([]),
});
export type Order = z.infer<typeof orderSchema>;

/** Whatever people say, under KV `<prefix>control/`. */
export const controlSchema = z.discriminatedUnion('kind', [
  pauseSchema,
  maintenanceSchema,
  modeSchema,
  drainSchema,
  orderSchema,
  approvalSchema,
]);
export type Control = z.infer<typeof controlSchema>;

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

/** What the gateway serves: last proven revision, and what happened to the last candidate. */
export const gatewayViewSchema = z.object({
  revision: z.string().nullable(),
  provenAt: isoTime.nullable(),
  servers: z.record(
    z.string(),
    z.array(z.object({ instance: z.string(), address: z.string(), port: z.number(), weight: z.number() })),
  ),
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

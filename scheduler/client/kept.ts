/** What the scheduler keeps in Consul KV, so that the next leader goes on from it: plan and ledger of each service. */
import { z } from 'zod';
import { rotationMarkSchema } from '../../engine/client/index.js';
import { isoTime } from '../../lib/time.js';
import { approvalSchema } from './said.js';
import {
  breakerSchema,
  identitySchema,
  lifecycleSchema,
  serviceStateSchema,
  stepSchema,
  verdictSchema,
  wisherSchema,
} from './terms.js';

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
  /** Start of the present trouble: red, down or out, until it is green, with a closed breaker, at the end of its slow start; null: none. */
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
  /** When a red last began in it, however long it lasted; null: never, as far as anybody remembers. */
  redAt: isoTime.nullable().default(null),
  /** The level fell below what people allow, until a person lifts it again; null: it did not. */
  fallen: z.object({ since: isoTime, instance: z.string(), why: z.string() }).nullable().default(null),
  /** What became of each step on each kind of fault. */
  worked: z.array(workedSchema).default([]),
  instances: z.record(z.string(), instanceMemorySchema),
  /** Read by the engine, see engine/client/rotation.ts. */
  rotation: z.record(z.string(), rotationMarkSchema),
});
export type ServiceRecord = z.infer<typeof serviceRecordSchema>;

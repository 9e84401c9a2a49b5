/** The terms of which all that the scheduler says and keeps is made, as zod schemas. Times are RFC 3339 on the wire and epoch milliseconds in the program. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
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

export const healModeSchema = z.enum(['observe', 'suggest', 'act']);

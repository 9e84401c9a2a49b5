/** What would be: the wire types of `POST /v1/simulate`, `/v1/what-if` and `/v1/replay`. Nothing of it changes anything. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { instanceScoreSchema, levelScoreSchema, metricScoreSchema, zoneSchema } from './wire.js';

/** A service file that is not in force: its text, and the name by which its problems are told. */
export const candidateSchema = z.strictObject({
  file: z.string().min(1).max(500).default('candidate.yaml'),
  text: z.string().max(1_000_000),
});
export type Candidate = z.output<typeof candidateSchema>;

/** `POST /v1/simulate`: one score from given values, by a service in force or by a candidate. */
export const simulateRequestSchema = z
  .strictObject({
    service: z.string().optional(),
    policy: candidateSchema.optional(),
    /** By metric: a number in the metric's unit, a text with a unit (`5%`, `250ms`), or null: no data. What is not named has no data. */
    values: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
    up: z.enum(['up', 'down', 'unknown']).default('up'),
    /** False: metrics that mean something only while requests flow have too little traffic to say anything. */
    traffic: z.boolean().default(true),
  })
  .refine(({ service, policy }) => (service === undefined) !== (policy === undefined), {
    error: 'name a service in force, or give a policy: one of the two',
  });
export type SimulateRequest = z.output<typeof simulateRequestSchema>;

export const simulationSchema = z.object({
  service: z.string(),
  /** Null: not enough data to judge. */
  score: z.number().nullable(),
  /** Of this score by itself, without a count of evaluations. */
  zone: zoneSchema,
  coverage: z.number(),
  levels: z.array(levelScoreSchema),
  metrics: z.array(metricScoreSchema),
  /** Metrics that cost points, worst first. */
  causes: z.array(z.string()),
  /** What it would come to as long as the score stays so; null: the last one is kept. 0: out of rotation. */
  weight: z.number().nullable(),
  maxWeight: z.number(),
  sentence: z.string(),
});
export type Simulation = z.infer<typeof simulationSchema>;

/** `POST /v1/replay`: a candidate over the recorded history of its service. */
export const replayRequestSchema = z.strictObject({
  policy: candidateSchema,
  /** Whose history; the candidate's own service unless given. */
  service: z.string().optional(),
  /** From so long ago until now … */
  sinceMs: z
    .number()
    .min(60_000, { error: 'at least a minute' })
    .max(366 * 86_400_000, { error: 'at most a year' })
    .default(86_400_000),
});
export type ReplayRequest = z.output<typeof replayRequestSchema>;

/** What history cannot answer: a metric, or a key of the file, and why. */
export const replayRefusalSchema = z.object({ metric: z.string(), why: z.string() });
export type ReplayRefusal = z.infer<typeof replayRefusalSchema>;

/** How an instance fared, or all of them together. Times are milliseconds. */
export const faringSchema = z.object({
  zoneMs: z.record(zoneSchema, z.number()),
  zoneChanges: z.number(),
  minScore: z.number().nullable(),
  /** Red, or its process down: it would be taken out of rotation, as far as guardrails permit. */
  outs: z.number(),
  outMs: z.number(),
  /** Mean share of the largest weight, by score alone: without steps, slow start and guardrails. */
  meanShare: z.number().nullable(),
});
export type Faring = z.infer<typeof faringSchema>;

export const momentSchema = z.object({ zone: zoneSchema, score: z.number().nullable() });

/** A time in which the zones differ. */
export const replayDifferenceSchema = z.object({
  at: isoTime,
  /** Null: it still lasted at the end. */
  until: isoTime.nullable(),
  recorded: momentSchema,
  candidate: momentSchema,
  /** The metric that cost the candidate most. */
  cause: z.string().nullable(),
});
export type ReplayDifference = z.infer<typeof replayDifferenceSchema>;

export const replayedInstanceSchema = z.object({
  instance: z.string(),
  evaluations: z.number(),
  recorded: faringSchema,
  candidate: faringSchema,
  /** Times in which the zones differ, and how long all of them lasted; the first few of them in `first`. */
  differences: z.number(),
  differsMs: z.number(),
  first: z.array(replayDifferenceSchema),
});
export type ReplayedInstance = z.infer<typeof replayedInstanceSchema>;

export const replaySchema = z.object({
  service: z.string(),
  /** The first and the last point that there was. */
  from: isoTime.nullable(),
  to: isoTime.nullable(),
  evaluations: z.number(),
  /** Chunks of history that could not be read and were passed over. */
  damaged: z.number(),
  recorded: faringSchema,
  candidate: faringSchema,
  /** Those that differ longest come first. */
  instances: z.array(replayedInstanceSchema),
});
export type Replay = z.infer<typeof replaySchema>;

export const replayProgressSchema = z.object({ done: z.number(), total: z.number(), evaluations: z.number() });
export type ReplayProgress = z.infer<typeof replayProgressSchema>;

/** A line of the answer: progress as often as there is any, then the result; or what went wrong on the way. */
export const replayLineSchema = z.union([
  z.object({ progress: replayProgressSchema }),
  z.object({ result: replaySchema }),
  z.object({ error: z.object({ code: z.string(), detail: z.string() }) }),
]);
export type ReplayLine = z.infer<typeof replayLineSchema>;

/** `POST /v1/what-if`: the scores that candidates would give now, on what is known of their instances. */
export const whatIfRequestSchema = z.strictObject({ services: z.array(candidateSchema).min(1).max(1_000) });
export type WhatIfRequest = z.output<typeof whatIfRequestSchema>;

export const whatIfServiceSchema = z.object({
  service: z.string(),
  /** False: it is not in force yet, so nothing is known of its instances. */
  known: z.boolean(),
  /** Metrics whose values are not read yet: they count from when the file is in force. */
  notRead: z.array(z.string()),
  /** As they would stand once what is seen now was counted often enough. */
  instances: z.array(instanceScoreSchema),
});
export type WhatIfService = z.infer<typeof whatIfServiceSchema>;

export const whatIfSchema = z.object({ now: isoTime, services: z.array(whatIfServiceSchema) });
export type WhatIf = z.infer<typeof whatIfSchema>;

const standingSchema = z.object({
  zone: zoneSchema,
  score: z.number().nullable(),
  /** By score alone; null: the last one is kept. 0: out of rotation. */
  weight: z.number().nullable(),
});

/** What a dry run of an edit answers: now, and over the last hour of history. */
export const dryRunSchema = z.object({
  now: z.object({
    notRead: z.array(z.string()),
    instances: z.array(
      z.object({
        instance: z.string(),
        before: standingSchema,
        after: standingSchema,
        /** Zone, score or weight would be another. */
        differs: z.boolean(),
        why: z.string(),
      }),
    ),
  }),
  history: z.union([replaySchema, z.object({ refused: z.string() })]),
});
export type DryRun = z.infer<typeof dryRunSchema>;

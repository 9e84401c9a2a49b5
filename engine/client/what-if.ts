/** What would be: the wire types of `POST /v1/simulate`, `/v1/what-if` and `/v1/replay`. Nothing of it changes anything. */
import { z } from 'zod';
import { levelScoreSchema, metricScoreSchema, zoneSchema } from './wire.js';

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

/** `GET /v1/scores/:service/:instance/history` */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { resolutionSchema, zoneSchema } from './wire.js';

export const spreadSchema = z.object({ min: z.number(), mean: z.number(), max: z.number() });

export const historyPointSchema = z.object({
  /** Start of the step; of a single evaluation its time. */
  at: isoTime,
  evaluations: z.number(),
  /** The worst that it was in. */
  zone: zoneSchema,
  /** Shares of the evaluations by zone; together 1. */
  zones: z.record(zoneSchema, z.number()),
  score: spreadSchema.nullable(),
  smoothed: spreadSchema.nullable(),
  /** Those that were asked for. */
  metrics: z
    .record(z.string(), z.object({ value: spreadSchema.nullable(), penalty: spreadSchema.nullable() }))
    .optional(),
});

export const historySchema = z.object({
  service: z.string(),
  instance: z.string(),
  start: isoTime,
  end: isoTime,
  /** 0: every evaluation is a point. */
  stepMs: z.number(),
  /** Which resolution answers which part. */
  parts: z.array(z.object({ resolution: resolutionSchema, start: isoTime, end: isoTime })),
  /** From the first to the last evaluation that anything is known of. */
  span: z.object({ first: isoTime, last: isoTime }).nullable(),
  points: z.array(historyPointSchema),
});
export type HistoryResponse = z.infer<typeof historySchema>;

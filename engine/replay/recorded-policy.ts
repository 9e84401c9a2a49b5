/** A policy as history kept it, as far as a replay needs it. It was written by an engine, maybe an older one: hostile until validated. */
import { z } from 'zod';
import { levels } from '../../config/index.js';
import type { RecordedPolicy } from '../store/index.js';

const metricSchema = z.looseObject({
  name: z.string(),
  level: z.enum(levels),
  source: z.looseObject({ kind: z.string() }),
  good: z.number(),
  critical: z.number(),
  minTraffic: z.unknown(),
  noData: z.looseObject({ kind: z.string() }).optional(),
});

const policySchema = z.looseObject({
  scrape: z.looseObject({ scheme: z.string(), path: z.string(), port: z.number().nullable(), intervalMs: z.number() }),
  system: z.looseObject({ url: z.string(), intervalMs: z.number() }).nullable(),
  prometheus: z.unknown(),
  metrics: z.array(metricSchema),
  scoring: z.looseObject({
    zones: z.looseObject({ criticalScore: z.number(), maxScore: z.number() }),
    staleIntervals: z.number(),
  }),
  traffic: z.looseObject({ floor: z.number() }).nullable(),
});

export type PastMetric = z.infer<typeof metricSchema>;
export type PastPolicy = z.infer<typeof policySchema>;

/** Null: it cannot be read, so nothing is known of what its values are. */
export const readPolicy = ({ body }: RecordedPolicy): PastPolicy | null => {
  if (body === null) return null;
  try {
    const parsed = policySchema.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

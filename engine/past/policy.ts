/**
 * The policy that judged, as history stored it: read as hostile, and what a version before ours did not know of gets the
 * value that means "as before". Only what explains a score; everything else is the present policy's.
 */
import { z } from 'zod';
import { metricNamePattern, type MetricName, type ServicePolicy } from '../../config/index.js';

const share = z.number().min(0).max(1);
const score = z.number().min(0).max(100);
const level = z.enum(['app', 'system', 'gateway']);

const sourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('query'), promql: z.string() }),
  z.object({ kind: z.literal('ratio'), bad: z.string(), total: z.string() }),
  z.object({ kind: z.literal('stall'), inFlight: z.string(), completed: z.string(), atLeast: z.number() }),
  z.object({ kind: z.literal('prometheus'), promql: z.string(), label: z.string(), match: z.string() }),
  z.object({ kind: z.literal('up') }),
]);

const curveSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('linear') }),
  z.object({ kind: z.literal('expression'), text: z.string() }),
  z.object({ kind: z.literal('decay'), halfLifeMs: z.number() }),
]);

const noDataSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('skip') }),
  z.object({ kind: z.literal('hold'), forMs: z.number() }),
  z.object({ kind: z.literal('worst') }),
]);

const metricSchema = z.object({
  name: z
    .string()
    .regex(metricNamePattern)
    .transform((name) => name as MetricName),
  level,
  source: sourceSchema,
  good: z.number(),
  critical: z.number(),
  weight: z.number().min(0),
  cap: score.nullable(),
  curve: curveSchema,
  blame: z.enum(['self', 'dependency']),
  dryRun: z.boolean(),
  minTraffic: z.object({ promql: z.string(), atLeast: z.number() }).nullable(),
  noData: noDataSchema.default({ kind: 'skip' }),
  unit: z.enum(['none', 'seconds', 'ratio', 'bytes', 'count']),
});

const scoringSchema = z.object({
  zones: z.object({
    goodScore: score,
    criticalScore: score,
    maxScore: score,
    fall: z.number().int().min(1),
    rise: z.number().int().min(1),
    minCoverage: share,
  }),
  combine: z.enum(['worst', 'mean']),
  levelWeights: z.object({ app: z.number(), system: z.number(), gateway: z.number() }),
  halfLifeDownMs: z.number(),
  halfLifeUpMs: z.number(),
  blackoutMs: z.number(),
  staleIntervals: z.number(),
});

const storedSchema = z.object({
  hash: z.string(),
  scrape: z.object({ intervalMs: z.number().positive() }),
  scoring: scoringSchema,
  metrics: z.array(metricSchema),
});

/** The present policy with everything put back that a score then rested on; null when that cannot be read. */
export const policyThen = (stored: unknown, present: ServicePolicy): ServicePolicy | null => {
  const parsed = storedSchema.safeParse(stored);
  if (!parsed.success) return null;
  const { hash, scrape, scoring, metrics } = parsed.data;
  return { ...present, hash, scoring, metrics, scrape: { ...present.scrape, intervalMs: scrape.intervalMs } };
};

/**
 * What the engine says to others, and all that others need to know of it: the wire types of its HTTP API as zod schemas.
 * JSON is camelCase; times are RFC 3339 on the wire and epoch milliseconds in the program; durations end in `Ms`.
 */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';

export const zoneSchema = z.enum(['green', 'yellow', 'red', 'unknown']);
export type Zone = z.infer<typeof zoneSchema>;

export const levelSchema = z.enum(['app', 'system', 'gateway']);

/** Why a value is not there. Missing, empty, stale and zero are four things. */
export const absenceSchema = z.enum([
  'never-exposed', // scraped well, the metric was never on the page: reported, not counted
  'empty', //         the query gave no element now
  'missing', //       no page could be read
  'stale', //         the last value is too old
  'not-a-number', //  NaN or infinite
  'ambiguous', //     the query gave several elements, or failed on these series
  'warming-up', //    too few samples yet for the window
  'too-little-traffic', // counts as covered, p = 0
]);
export type Absence = z.infer<typeof absenceSchema>;

/** The same for a person, short enough for a table. */
export const absenceWords: Readonly<Record<Absence, string>> = {
  'never-exposed': 'never exposed',
  empty: 'no element',
  missing: 'no page',
  stale: 'too old',
  'not-a-number': 'not a number',
  ambiguous: 'several elements',
  'warming-up': 'warming up',
  'too-little-traffic': 'little traffic',
};

/** One metric of one instance, judged. */
export const metricScoreSchema = z.object({
  name: z.string(),
  level: levelSchema,
  source: z.enum(['query', 'ratio', 'stall', 'prometheus', 'up']),
  /** What was asked, as a person would read it. */
  query: z.string(),
  value: z.number().nullable(),
  /** When the newest sample behind the value was taken. */
  sampledAt: isoTime.nullable(),
  status: z.enum(['judged', 'held', 'absent']),
  /** Why there is no fresh value; of a held one null while it is held for being out of rotation. */
  absence: absenceSchema.nullable(),
  /** Since when there is no fresh value; null: this one is. */
  since: isoTime.nullable(),
  good: z.number(),
  critical: z.number(),
  unit: z.string(),
  /** 0 good .. 1 critical; null when not judged. Absent with a penalty: little traffic (0), or `no_data: worst` (1). */
  penalty: z.number().nullable(),
  weight: z.number(),
  cap: z.number().nullable(),
  /** Of the level's weighted score, 0..100; 0 when not counted. */
  pointsLost: z.number(),
  blame: z.enum(['self', 'dependency']),
  dryRun: z.boolean(),
  /** The other instances' median penalty for this metric; null with fewer than one judged peer. */
  peersMedianPenalty: z.number().nullable(),
  /** Means something only while requests flow (ratio, stall, or with minimal traffic). */
  traffic: z.boolean(),
  /** A resource that costs points, and whose value still changes by more than a twentieth of the band within 30 s. */
  moving: z.boolean(),
});
export type MetricScore = z.infer<typeof metricScoreSchema>;

/** One level of one instance; weighted - score = points of the ceiling row. */
export const levelScoreSchema = z.object({
  level: levelSchema,
  /** Null without any judged metric. */
  weighted: z.number().nullable(),
  score: z.number().nullable(),
  /** The metric whose ceiling binds. */
  ceiling: z.object({ metric: z.string(), at: z.number(), pointsLost: z.number() }).nullable(),
  /** Share of the weight that has fresh data. */
  coverage: z.number(),
});
export type LevelScore = z.infer<typeof levelScoreSchema>;

export const upSchema = z.object({
  state: z.enum(['up', 'down', 'unknown']),
  since: isoTime,
  /** Words for a person: "connection refused", "2 of 3 scrapes timed out". */
  why: z.string(),
  /** What the state rests on: that it answers, that nobody listens there, or that nothing comes back (which may be the way). */
  by: z.enum(['answer', 'refusal', 'silence', 'none']),
});

/** A metric that costs points, enough for a decision; a subset of {@link metricScoreSchema}. */
export const causeSchema = metricScoreSchema
  .pick({
    name: true,
    level: true,
    source: true,
    value: true,
    absence: true,
    penalty: true,
    pointsLost: true,
    blame: true,
    peersMedianPenalty: true,
    traffic: true,
    moving: true,
  })
  .extend({ /** This metric's ceiling is what the level score rests on. */ ceiling: z.boolean() });
export type Cause = z.infer<typeof causeSchema>;

export const consulStatusSchema = z.enum(['passing', 'warning', 'critical', 'maintenance']);
export type ConsulStatus = z.infer<typeof consulStatusSchema>;

export const instanceScoreSchema = z.object({
  service: z.string(),
  instance: z.string(),
  node: z.string(),
  address: z.string(),
  port: z.number(),
  consul: consulStatusSchema,
  /** Why Consul does not say passing: the bad checks, or what is in maintenance and the reason given for it. */
  consulWhy: z.string().optional(),
  zone: zoneSchema,
  zoneSince: isoTime,
  /** Why the zone is what it is, one sentence. */
  why: z.string(),
  /** Raw score of the last evaluation; null when it could not be judged. */
  score: z.number().nullable(),
  /** What the weight follows. */
  smoothed: z.number().nullable(),
  levels: z.array(levelScoreSchema),
  up: upSchema,
  coverage: z.number(),
  /** When it was evaluated, and how often since it joined or this engine started. */
  at: isoTime,
  evaluation: z.number(),
  /** The run of evaluations whose own (undamped) zone was the same. Starts anew with each rotation mark. */
  streak: z.object({ zone: zoneSchema, count: z.number(), since: isoTime }),
  /** When it joined; null: it was there before this engine. */
  joinedAt: isoTime.nullable(),
  /** Its first samples do not count yet. */
  blackout: z.boolean(),
  /** Requests completed since `since` (the last rotation mark, or when the engine saw it first); null: not measured. */
  traffic: z.object({ requests: z.number().nullable(), since: isoTime }),
  inFlight: z.number().nullable(),
  /** Value of the metric that `guardrails.headroom` names, null: not known now; absent: none is named. */
  load: z.number().nullable().optional(),
  processStartedAt: isoTime.nullable(),
  /** Largest loss first, at most eight. */
  causes: z.array(causeSchema),
  intervalMs: z.number(),
  policy: z.string(),
});
export type InstanceScore = z.infer<typeof instanceScoreSchema>;

/** `held`: the last good set is shown because discovery shrank or fails. */
export const discoverySchema = z.object({
  state: z.enum(['waiting', 'live', 'held']),
  why: z.string(),
  at: isoTime.nullable(),
});

/** All instances of one service, and how well they are known. */
export const serviceScoresSchema = z.object({
  service: z.string(),
  discovery: discoverySchema,
  instances: z.array(instanceScoreSchema),
});
export type ServiceScores = z.infer<typeof serviceScoresSchema>;

/** `GET /v1/scores`; `now` is the engine's clock, so that a reader can tell ages without trusting its own. */
export const scoresResponseSchema = z.object({
  now: isoTime,
  /** False until the first scoring window after the start is over. */
  ready: z.boolean(),
  services: z.array(serviceScoresSchema),
});
export type ScoresResponse = z.infer<typeof scoresResponseSchema>;

/** `GET /v1/services` */
export const servicesResponseSchema = z.object({
  now: isoTime,
  services: z.array(
    z.object({
      service: z.string(),
      owner: z.string().nullable(),
      instances: z.number(),
      zones: z.record(zoneSchema, z.number()),
      discovery: discoverySchema,
    }),
  ),
});
export type ServicesResponse = z.infer<typeof servicesResponseSchema>;

/** `raw`: every evaluation; the others are what the evaluations of a minute or an hour come to. */
export const resolutionSchema = z.enum(['raw', 'minute', 'hour']);

/** `GET /v1/scores/:service/:instance/explain` */
export const explanationSchema = z.object({
  now: isoTime,
  instance: instanceScoreSchema,
  /** The headline, as `ballast explain` prints it first. */
  sentence: z.string(),
  zones: z.object({
    goodScore: z.number(),
    criticalScore: z.number(),
    fall: z.number(),
    rise: z.number(),
    minCoverage: z.number(),
  }),
  metrics: z.array(metricScoreSchema),
  /** What is missing, held or skipped, why, and since when; a sentence for each reason, what costs points first. */
  notes: z.array(z.string()),
  peers: z.object({ count: z.number(), medianScore: z.number().nullable(), sentence: z.string() }),
  /** Asked with `at`: which evaluation, minute or hour it speaks of, and what is not as it would be now. */
  past: z
    .object({
      asked: isoTime,
      at: isoTime,
      resolution: resolutionSchema,
      evaluations: z.number(),
      sentence: z.string(),
    })
    .optional(),
});
export type Explanation = z.infer<typeof explanationSchema>;

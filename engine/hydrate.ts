/**
 * What must outlive a restart of the engine, as plain JSON: else an instance that was red would be unknown, and then
 * green, for as long as it takes to look bad again. What comes back is read as hostile.
 */
import { z } from 'zod';
import { instanceIdPattern, metricNamePattern, type InstanceId, type MetricName } from '../config/names.js';
import { rotationMarkSchema, zoneSchema } from './client/index.js';
import { emptyMemory, type InstanceMemory, type ServiceMemory } from './memory.js';

/** Older than this, what was known says nothing of now. */
const keptMs = 3_600_000;

const share = z.number().min(0).max(1);
const score = z.number().min(0).max(100);
const known = zoneSchema.exclude(['unknown']);

const metricSchema = z.object({
  name: z
    .string()
    .regex(metricNamePattern)
    .transform((name) => name as MetricName),
  /** Value and time of each: an even count. */
  samples: z
    .array(z.number())
    .max(6)
    .refine(({ length }) => length % 2 === 0),
  burst: z.object({ penalty: share, at: z.number() }).nullable(),
  judged: z.object({ value: z.number().nullable(), penalty: share, sampledAt: z.number().nullable() }).nullable(),
  since: z.number().nullable().default(null),
});

const zoneMemorySchema = z.object({
  damper: z.object({ known: known.nullable(), recent: z.array(known).max(100) }),
  zone: zoneSchema,
  since: z.number(),
  streak: z.object({ zone: zoneSchema, count: z.number(), since: z.number() }),
});

const instanceSchema = z.object({
  firstSeen: z.number(),
  joinedAt: z.number().nullable(),
  /** Times are numbers here, not the wire's text. */
  mark: rotationMarkSchema.extend({ since: z.number() }).nullable(),
  processStartedAt: z.number().nullable(),
  at: z.number(),
  evaluation: z.number(),
  up: z
    .object({
      state: z.enum(['up', 'down', 'unknown']),
      since: z.number(),
      why: z.string(),
      by: z.enum(['answer', 'refusal', 'silence', 'none']),
    })
    .nullable(),
  metrics: z.array(metricSchema),
  smoothing: z.object({ raw: z.array(score).max(2), value: score.nullable(), at: z.number() }),
  zone: zoneMemorySchema,
});

const storedSchema = z.object({ version: z.literal(1), instances: z.record(z.string(), z.unknown()) });

export type StoredMemory = z.infer<typeof storedSchema>;

/** JSON that {@link hydrate} reads. */
export const dehydrate = ({ instances }: ServiceMemory): StoredMemory => ({
  version: 1,
  instances: Object.fromEntries([...instances].map(([id, { last: _, settlesUntil: __, ...kept }]) => [id, kept])),
});

/** The text of them, without the braces around it. */
const membersOf = (some: ReadonlyMap<InstanceId, InstanceMemory>): string =>
  JSON.stringify(dehydrate({ instances: some }).instances).slice(1, -1);

/** Written without a pause: a few milliseconds on a slow core. */
const slice = 250;

/**
 * The text of {@link dehydrate} in pieces, with a pause after each: ten thousand instances take a fifth of a second. They are
 * not put together: that would be some 15 MB at once, which takes as long as all else that the loop may be held up for.
 */
export function* dehydrateSlowly({ instances }: ServiceMemory): Generator<undefined, readonly string[]> {
  const texts: string[] = [];
  let before = '{"version":1,"instances":{';
  let some = new Map<InstanceId, InstanceMemory>();
  for (const [id, memory] of instances) {
    some.set(id, memory);
    if (some.size < slice) continue;
    texts.push(`${before}${membersOf(some)}`);
    before = ',';
    some = new Map();
    yield;
  }
  texts.push(some.size > 0 ? `${before}${membersOf(some)}}}` : texts.length > 0 ? '}}' : `${before}}}`);
  return texts;
}

const revive = (value: unknown, now: number): InstanceMemory | null => {
  const parsed = instanceSchema.safeParse(value);
  return parsed.success && parsed.data.at > now - keptMs && parsed.data.at <= now
    ? { ...parsed.data, settlesUntil: 0, last: null }
    : null;
};

/** Memory as it was; instances that cannot be read, or are older than an hour, start without a past. */
export const hydrate = (stored: unknown, now: number): ServiceMemory => {
  const parsed = storedSchema.safeParse(stored);
  if (!parsed.success) return emptyMemory;
  const instances = new Map<InstanceId, InstanceMemory>();
  for (const [id, value] of Object.entries(parsed.data.instances)) {
    const memory = instanceIdPattern.test(id) ? revive(value, now) : null;
    if (memory !== null) instances.set(id as InstanceId, memory);
  }
  return { instances };
};

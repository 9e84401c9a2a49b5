/** A file of scenarios, for `ballast test`: series over time, and what should come of them. Unknown keys are errors. */
import { z } from 'zod';
import { instanceIdPattern, metricNamePattern } from '../../config/names.js';
import { anyDuration, flag, listOf, oneOf, section, text, textMatching } from '../../config/schema/fields.js';
import { serviceFile } from '../../config/schema/service.js';
import { durationPattern, parseDuration } from '../../config/units.js';
import { absenceSchema, consulStatusSchema, rotationMarkSchema, zoneSchema } from '../../engine/client/index.js';
import { lifecycleSchema, reasonCodeSchema, serviceStateSchema } from '../../scheduler/client/index.js';
import { parseBound } from './bounds.js';
import { parseSeriesName, parseValues, parseWords, type Parsed } from './notation.js';

/** Text or a number, read by one of our parsers. */
const written = <T>(parse: (text: string) => Parsed<T>) =>
  z.union([z.string(), z.number()]).transform((input, context) => {
    const parsed = parse(String(input));
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: parsed.wrong });
    return z.NEVER;
  });

/** How a scrape ends; `none`: nobody scraped. */
export const scrapeWords = ['page', 'lost', 'refused', 'unfinished', 'unreadable', 'none'] as const;
export type ScrapeWord = (typeof scrapeWords)[number];

const bound = z.union([z.string(), z.number(), z.null()]).transform((input, context) => {
  const parsed = parseBound(input);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.wrong });
  return z.NEVER;
});

const seriesName = z
  .string()
  .refine((input) => parseSeriesName(input).ok, { error: 'is no series; write it like requests_total{status="200"}' });
const seriesFile = z.record(seriesName, written(parseValues));
export type SeriesFile = z.output<typeof seriesFile>;

const scrapes = written((input) => parseWords(input, scrapeWords));

/** What changes at times: `{10s: out, 40s: probation}`. */
const changes = <T extends z.ZodType>(value: T) =>
  z.record(textMatching(durationPattern, 'a time since the start, like 10s'), value);

const instanceFile = section({
  series: seriesFile.optional(),
  system: seriesFile.optional(),
  scrapes: scrapes.optional(),
  system_scrapes: scrapes.optional(),
  joins: anyDuration.optional(),
  leaves: anyDuration.optional(),
  rotation: changes(rotationMarkSchema.shape.state).optional(),
  consul: changes(consulStatusSchema).optional(),
});
export type InstanceFile = z.output<typeof instanceFile>;

const momentPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

const momentWords = 'a time like 10s or a span like 3s..10s';

/** A time, or `3s..10s`: each evaluation from the one to the other. */
const moment = z
  .string({ error: 'expected a time like 10s, or a span like 3s..10s' })
  .transform((input, context): { readonly from: number; readonly to: number } => {
    const parts = input.split('..');
    const [from, to = from] = parts.map((part) => (momentPattern.test(part) ? parseDuration(part) : null));
    if (typeof from === 'number' && typeof to === 'number' && parts.length <= 2 && from <= to) return { from, to };
    context.addIssue({ code: 'custom', message: `expected ${momentWords}` });
    return z.NEVER;
  });

const oneOrMore = <T extends z.ZodType>(item: T, what: string) =>
  z
    .union([item, z.array(item).min(1)], { error: `expected ${what}, or a list` })
    .transform((input): z.output<T>[] => (Array.isArray(input) ? input : [input]));

const sequence = <T extends string>(words: readonly T[]) => written((input) => parseWords(input, words));
const numbers = written(parseValues);

const metricExpectation = section({
  value: bound.optional(),
  penalty: bound.optional(),
  points_lost: bound.optional(),
  status: oneOf('judged', 'held', 'absent').optional(),
  absence: absenceSchema.optional(),
});

const expectationFile = section({
  at: oneOrMore(moment, momentWords).optional(),
  instance: oneOrMore(text, 'an instance').optional(),
  zone: zoneSchema.optional(),
  score: bound.optional(),
  smoothed: bound.optional(),
  levels: section({ app: bound.optional(), system: bound.optional(), gateway: bound.optional() }).optional(),
  coverage: bound.optional(),
  up: oneOf('up', 'down', 'unknown').optional(),
  blackout: flag.optional(),
  metrics: z.record(z.string().regex(metricNamePattern), metricExpectation).optional(),
  causes: listOf(text).optional(),
  sentence: text.optional(),
  why: text.optional(),
  peers: text.optional(),
  weight: bound.optional(),
  lifecycle: lifecycleSchema.optional(),
  reason: reasonCodeSchema.optional(),
  service: serviceStateSchema.optional(),
  /** One for each scrape from the start on. */
  zones: sequence(zoneSchema.options).optional(),
  scores: numbers.optional(),
  weights: numbers.optional(),
});
export type ExpectationFile = z.output<typeof expectationFile>;

const testFile = section({
  name: text,
  service: serviceFile.optional(),
  service_file: text.optional(),
  series: seriesFile.optional(),
  system: seriesFile.optional(),
  instances: z.record(
    textMatching(instanceIdPattern, 'an instance id'),
    z.union([instanceFile, z.null()]).transform((input) => input ?? {}),
  ),
  expect: listOf(expectationFile).min(1, {
    error: 'needs at least one expectation: a test that cannot fail tests nothing',
  }),
});
export type TestFile = z.output<typeof testFile>;

export const scenarioFile = section({
  about: text.optional(),
  service: serviceFile.optional(),
  service_file: text.optional(),
  series: seriesFile.optional(),
  system: seriesFile.optional(),
  tests: listOf(testFile).min(1, { error: 'needs at least one test' }),
});
export type ScenarioFile = z.output<typeof scenarioFile>;

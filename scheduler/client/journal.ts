/** Whether the journal is whole: `GET /v1/journal/verify`. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';

/**
 * `gap`: a sequence number is missing. `lost`: lines could not be written. `token-fell`: decided under an older token than
 * one that was had before. `no-intent`, `no-outcome`: an act without its beginning or its end. `out-of-order`: a phase after
 * a later one, or after the end. `skipped`: a result without the step that it is of. `two-at-once`: two actions on one
 * instance. `no-word`: an act that a person wanted, without that person's line.
 */
export const journalRuleSchema = z.enum([
  'gap',
  'lost',
  'token-fell',
  'no-intent',
  'no-outcome',
  'out-of-order',
  'skipped',
  'two-at-once',
  'no-word',
]);
export type JournalRule = z.infer<typeof journalRuleSchema>;

export const findingSchema = z.object({
  rule: journalRuleSchema,
  /** `note`: another scheduler's journal may hold what is missing here. */
  level: z.enum(['fault', 'note']),
  /** Where, and at which line; null: in none of them. */
  journal: z.string().nullable(),
  seq: z.number().nullable(),
  at: isoTime,
  action: z.string().nullable(),
  text: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** Sequence numbers and times of the first and the last line; null: it has none. */
export const journalSpanSchema = z.object({
  name: z.string(),
  lines: z.number(),
  first: z.number().nullable(),
  last: z.number().nullable(),
  from: isoTime.nullable(),
  to: isoTime.nullable(),
});
export type JournalSpan = z.infer<typeof journalSpanSchema>;

export const journalReportSchema = z.object({
  /** No faults; notes do not count. */
  whole: z.boolean(),
  /** Actions that the lines tell of. */
  actions: z.number(),
  journals: z.array(journalSpanSchema),
  faults: z.array(findingSchema),
  notes: z.array(findingSchema),
});
export type JournalReport = z.infer<typeof journalReportSchema>;

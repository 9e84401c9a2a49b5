/** What is told to webhooks, and `GET /v1/notifications`. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { reasonCodeSchema, verdictSchema } from './terms.js';

/** `page`: a person should look now; `warn`: today; `info`: for whoever wants to know. */
export const notifyLevelSchema = z.enum(['page', 'warn', 'info']);
export type NotifyLevel = z.infer<typeof notifyLevelSchema>;

/** What a message is about: one instance, one service, or everything. */
export const subjectSchema = z.object({
  kind: z.enum(['instance', 'service', 'fleet']),
  service: z.string().nullable(),
  instance: z.string().nullable(),
  owner: z.string().nullable(),
});
export type Subject = z.infer<typeof subjectSchema>;

/** The body of a webhook. */
export const notificationSchema = z.object({
  version: z.literal(1),
  /** The same for each try to deliver it, and for each scheduler that tries. */
  id: z.string(),
  /** The same for all messages about one trouble: update what is there instead of adding to it. */
  episode: z.string(),
  event: z.enum(['opened', 'updated', 'resolved', 'summary', 'test']),
  /** The highest that the episode reached. */
  level: notifyLevelSchema,
  at: isoTime,
  since: isoTime,
  about: subjectSchema,
  code: reasonCodeSchema.nullable(),
  /** One sentence with its numbers. */
  text: z.string(),
  /** What happened in it since the last message, oldest first. */
  news: z.array(z.string()),
  /** Null: not known. */
  numbers: z.record(z.string(), z.number().nullable()),
  /** Of the guardrails that hold the next step back. */
  verdicts: z.array(verdictSchema),
  links: z.object({ scheduler: z.string(), plan: z.string(), journal: z.string() }),
  /** What to type next. */
  command: z.string(),
  /** Who tells, and under which token; null: without leadership. */
  scheduler: z.object({ node: z.string(), token: z.number().nullable() }),
});
export type Notification = z.infer<typeof notificationSchema>;

/** A trouble that lasts, and what was told of it. */
export const episodeSchema = z.object({
  id: z.string(),
  key: z.string(),
  about: subjectSchema,
  code: reasonCodeSchema.nullable(),
  since: isoTime,
  level: notifyLevelSchema,
  text: z.string(),
  command: z.string(),
  /** Keys of what was told already. */
  facts: z.array(z.string()),
  /** Messages so far; 0: gathered for the summary, or not told yet. */
  messages: z.number(),
  /** Seems to be over since; null: it lasts. */
  goneSince: isoTime.nullable(),
});
export type Episode = z.infer<typeof episodeSchema>;

/**
 * KV `<prefix>notify/<service>` (`-` for what is about everything): what was told and delivered, for the next leader. Under
 * `-/summary` what was gathered and is not summed up yet.
 */
export const toldSchema = z.object({
  token: z.number(),
  episodes: z.array(episodeSchema),
  gathered: z
    .object({ since: isoTime, sentences: z.array(z.string()) })
    .nullable()
    .default(null),
});
export type Told = z.infer<typeof toldSchema>;

/** How it goes with one webhook. */
export const webhookViewSchema = z.object({
  name: z.string(),
  /** Without its path, which may be a secret. */
  host: z.string(),
  levels: z.array(notifyLevelSchema),
  signed: z.boolean(),
  waiting: z.number(),
  delivered: z.number(),
  /** Given up: refused by the receiver, tried too often, or more than the queue holds. */
  dropped: z.number(),
  lastSuccess: isoTime.nullable(),
  lastFailure: z.object({ at: isoTime, text: z.string() }).nullable(),
  /** Null, or that the last try failed, and why. */
  trouble: z.string().nullable(),
});
export type WebhookView = z.infer<typeof webhookViewSchema>;

export const heartbeatViewSchema = z.object({
  host: z.string(),
  everyMs: z.number(),
  lastSuccess: isoTime.nullable(),
  /** Null: it is sent; else why not, or why it does not arrive. */
  trouble: z.string().nullable(),
});
export type HeartbeatView = z.infer<typeof heartbeatViewSchema>;

/** `GET /v1/notifications` */
export const notificationsSchema = z.object({
  webhooks: z.array(webhookViewSchema),
  /** Null: none is configured. */
  heartbeat: heartbeatViewSchema.nullable(),
  /** Troubles that last now, as the leader sees them. */
  episodes: z.array(episodeSchema),
  /** Sentences that wait for the next summary. */
  gathered: z.array(z.string()),
});
export type Notifications = z.infer<typeof notificationsSchema>;

/** `POST /v1/notifications/test` */
export const testRequestSchema = z.strictObject({ webhook: z.string().max(64).optional() });
export const testResultSchema = z.object({
  results: z.array(z.object({ webhook: z.string(), ok: z.boolean(), text: z.string() })),
});
export type TestResult = z.infer<typeof testResultSchema>;

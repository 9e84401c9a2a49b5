/** What people do by hand to one instance, on the wire. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { drainSchema, orderSchema } from './said.js';
import { verdictSchema } from './terms.js';

export const actNames = ['drain', 'restore', 'gentle', 'restart', 'replace'] as const;
export type ActName = (typeof actNames)[number];

/** Body of `POST /v1/instances/…/drain`, `restore`, `gentle`, `restart`, `replace`. */
export const actRequestSchema = z.strictObject({
  author: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(1000),
  /** A drain ends then; a step is begun by then, or not at all. */
  until: isoTime.nullable().default(null),
  /** The same under the word that fits a step better. */
  deadline: isoTime.nullable().default(null),
  /** Steps only: passes cooldown and what filters by cause. */
  forced: z.boolean().default(false),
});
export type ActRequest = z.output<typeof actRequestSchema>;

export const actResponseSchema = z.object({
  act: z.enum(actNames),
  service: z.string(),
  instance: z.string(),
  /** Nothing was written. */
  dryRun: z.boolean(),
  allowed: z.boolean(),
  /** Of what is kept: for `?cas=`. */
  index: z.number().nullable(),
  /** Of the order: the action that it begins names it. */
  id: z.string().nullable(),
  order: orderSchema.nullable(),
  drain: drainSchema.nullable(),
  /** Of a dry run: what it would be next. */
  lifecycle: z.string().nullable(),
  verdicts: z.array(verdictSchema),
});
export type ActResponse = z.output<typeof actResponseSchema>;

/** `GET /v1/acts`: what was said of instances, each with the index for `?cas=`. */
export const actsResponseSchema = z.object({
  drains: z.array(drainSchema.extend({ index: z.number() })),
  orders: z.array(orderSchema.extend({ index: z.number(), state: z.enum(['waits', 'begun', 'expired']) })),
});
export type ActsResponse = z.output<typeof actsResponseSchema>;

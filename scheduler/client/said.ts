/** What people say to the scheduler, as it is kept in Consul KV under `<prefix>control/`. */
import { z } from 'zod';
import { zoneSchema } from '../../engine/client/index.js';
import { isoTime } from '../../lib/time.js';
import { healModeSchema, stepSchema, verdictSchema } from './terms.js';

/** KV `<prefix>control/approval/<service>/<instance>`: a person's word on a proposal: for this step of this episode, as it was seen then. */
export const approvalSchema = z.object({
  kind: z.literal('approval').default('approval'),
  /** `<service>/<instance>/<start of the episode>/<step>` */
  proposal: z.string(),
  service: z.string(),
  instance: z.string(),
  step: stepSchema,
  says: z.enum(['approve', 'veto']),
  author: z.string(),
  reason: z.string(),
  at: isoTime,
  /** Later it is worth nothing: expired, which is not denied. */
  until: isoTime,
  /** What it was said of. */
  snapshot: z.object({
    because: z.string(),
    zone: zoneSchema,
    score: z.number().nullable(),
    verdicts: z.array(verdictSchema),
  }),
});
export type Approval = z.infer<typeof approvalSchema>;

/** KV `<prefix>control/pause/<scope>`; scope is `all`, `service/<name>` or `instance/<service>/<id>` (the same text stands in `scope`). */
export const pauseSchema = z.object({
  kind: z.literal('pause').default('pause'),
  scope: z.string(),
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
});
export type Pause = z.infer<typeof pauseSchema>;

/** KV `<prefix>control/maintenance/<scope>`: like a pause, but expected, and told nobody as trouble. */
export const maintenanceSchema = pauseSchema.extend({ kind: z.literal('maintenance') });
export type Maintenance = z.infer<typeof maintenanceSchema>;

/** KV `<prefix>control/mode/<scope>`: a ceiling besides the file's; the lower counts. Scope is `all` or `service/<name>`. */
export const modeSchema = z.object({
  kind: z.literal('mode'),
  scope: z.string(),
  heal: healModeSchema,
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
});
export type Mode = z.infer<typeof modeSchema>;

/** With which key a request came, and what it asked: the same again is the same act, and never a second one. The last few are kept. */
export const requestKeySchema = z.object({ key: z.string(), digest: z.string() });

/** KV `<prefix>control/drain/<service>/<instance>`: a person wants it out of rotation, or wanted it back. */
export const drainSchema = z.object({
  kind: z.literal('drain'),
  service: z.string(),
  instance: z.string(),
  author: z.string(),
  reason: z.string(),
  since: isoTime,
  until: isoTime.nullable(),
  /** Who took it back: then it holds no more, and a quarantine from before is over too. */
  restored: z.object({ author: z.string(), reason: z.string(), at: isoTime }).nullable().default(null),
  requests: z.array(requestKeySchema).default([]),
});
export type Drain = z.infer<typeof drainSchema>;

/** KV `<prefix>control/order/<service>/<instance>`: a person wants a step done. */
export const orderSchema = z.object({
  kind: z.literal('order'),
  id: z.string(),
  service: z.string(),
  instance: z.string(),
  step: stepSchema,
  author: z.string(),
  reason: z.string(),
  at: isoTime,
  /** Begun by then, or not at all. */
  until: isoTime,
  forced: z.boolean(),
  requests: z.array(requestKeySchema).default([]),
});
export type Order = z.infer<typeof orderSchema>;

/** Whatever people say, under KV `<prefix>control/`. */
export const controlSchema = z.discriminatedUnion('kind', [
  pauseSchema,
  maintenanceSchema,
  modeSchema,
  drainSchema,
  orderSchema,
  approvalSchema,
]);
export type Control = z.infer<typeof controlSchema>;

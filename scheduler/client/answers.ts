/** Bodies of the scheduler's answers: lists under a name, so that a field can be added beside them, and what only the API shows. */
import { z } from 'zod';
import {
  actionSchema,
  gatewayViewSchema,
  instanceViewSchema,
  journalEntrySchema,
  pauseSchema,
  plannedServerSchema,
} from './wire.js';

/** `GET /v1/instances` */
export const instancesResponseSchema = z.object({ instances: z.array(instanceViewSchema) });

/** `GET /v1/actions` */
export const actionsResponseSchema = z.object({ actions: z.array(actionSchema) });

/** `GET /v1/journal` */
export const journalResponseSchema = z.object({ entries: z.array(journalEntrySchema) });

/** `GET /v1/pause` */
export const pausesResponseSchema = z.object({ pauses: z.array(pauseSchema) });

/** `GET /v1/upstreams/:name`: what is decided beside what is served, and how the last try to serve it went. */
export const upstreamViewSchema = gatewayViewSchema.omit({ servers: true }).extend({
  name: z.string(),
  service: z.string(),
  mode: z.enum(['observe', 'act', 'none']),
  /** `applied` is the served weight; null: the gateway serves no such server. */
  servers: z.array(plannedServerSchema.extend({ applied: z.number().nullable() })),
  /** The block as it was last rendered; null: never. */
  rendered: z.string().nullable(),
});
export type UpstreamView = z.infer<typeof upstreamViewSchema>;

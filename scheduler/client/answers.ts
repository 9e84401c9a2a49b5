/** Bodies of the scheduler's answers: lists under a name, so that a field can be added beside them, and what only the API shows. */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { actionSchema } from './kept.js';
import { maintenanceSchema, modeSchema, pauseSchema } from './said.js';
import { healModeSchema } from './terms.js';
import { gatewayViewSchema, instanceViewSchema, journalEntrySchema, plannedServerSchema } from './wire.js';

/** `GET /v1/instances` */
export const instancesResponseSchema = z.object({ instances: z.array(instanceViewSchema) });

/** `GET /v1/actions` */
export const actionsResponseSchema = z.object({ actions: z.array(actionSchema) });

/** `GET /v1/journal` */
export const journalResponseSchema = z.object({ entries: z.array(journalEntrySchema) });

/** `GET /v1/pause` */
export const pausesResponseSchema = z.object({ pauses: z.array(pauseSchema) });

/** A window that recurs. Open until then, or closed (null); `next`: when it begins after now; null: not within a year. */
export const windowStateSchema = z.object({
  /** Null: of all services. */
  service: z.string().nullable(),
  cron: z.string(),
  timezone: z.string(),
  forMs: z.number(),
  reason: z.string(),
  openUntil: isoTime.nullable(),
  next: isoTime.nullable(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

/** `GET /v1/maintenance`: by hand, and by the calendar. */
export const maintenanceResponseSchema = z.object({
  maintenance: z.array(maintenanceSchema),
  windows: z.array(windowStateSchema),
});
export type MaintenanceResponse = z.infer<typeof maintenanceResponseSchema>;

/** `GET /v1/mode`: what people set, and for each service what its file allows and what is in force. */
export const modesResponseSchema = z.object({
  modes: z.array(modeSchema),
  services: z.array(z.object({ service: z.string(), file: healModeSchema, inForce: healModeSchema })),
});
export type ModesResponse = z.infer<typeof modesResponseSchema>;

/** `GET /v1/upstreams/:name`: what is decided beside what is served, and how the last try to serve it went. */
export const upstreamViewSchema = gatewayViewSchema.omit({ servers: true, coming: true }).extend({
  name: z.string(),
  service: z.string(),
  mode: z.enum(['observe', 'act', 'none']),
  /** `applied` is the served weight; null: the gateway serves no such server. */
  servers: z.array(plannedServerSchema.extend({ applied: z.number().nullable() })),
  /** The block as it was last rendered; null: never. */
  rendered: z.string().nullable(),
});
export type UpstreamView = z.infer<typeof upstreamViewSchema>;

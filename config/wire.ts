/** What both services say of their configuration over HTTP. JSON is camelCase; times are RFC 3339 on the wire. */
import { z } from 'zod';
import { isoTime } from '../lib/time.js';

export const problemSchema = z.object({
  file: z.string(),
  /** From 1; 0: the file as a whole. */
  line: z.number(),
  column: z.number(),
  path: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});

export const triggerSchema = z.enum(['start', 'file', 'signal', 'api']);
export type Trigger = z.infer<typeof triggerSchema>;

export const changesSchema = z.object({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});

/** Answer of `POST /-/reload`. */
export const reloadSchema = z.object({
  changes: changesSchema,
  /** Keys of ballast.yaml that changed and wait for a restart of this service. */
  needsRestart: z.array(z.string()),
  warnings: z.array(problemSchema),
});
export type Reload = z.output<typeof reloadSchema>;

/** `GET /v1/config`. */
export const configStateSchema = z.object({
  directory: z.string(),
  /** False: what lies in the folder is refused, and what was in force stays so. */
  ok: z.boolean(),
  /** When the folder was last found good. */
  goodAt: isoTime,
  /** The last look that mattered, and why it was taken. */
  last: z.object({ at: isoTime, trigger: triggerSchema }),
  services: z.array(z.string()),
  needsRestart: z.array(z.string()),
  problems: z.array(problemSchema),
  warnings: z.array(problemSchema),
});
export type ConfigState = z.output<typeof configStateSchema>;

const etag = z.string();

/** `GET /v1/config/services/:name`, and without its text each line of `GET /v1/config/services`. */
export const serviceConfigSchema = z.object({
  service: z.string(),
  /** `file`: a service file says it. `discovery`: Consul does, and there is no file. `none`: what the file says is not in force. */
  origin: z.enum(['file', 'discovery', 'none']),
  owner: z.string().nullable(),
  file: z.string().nullable(),
  /** Of the text as it is in the file now. */
  etag: etag.nullable(),
  /** The file's text is what is in force. */
  inForce: z.boolean(),
  /** Hash of the policy in force, as scores carry it. */
  policy: z.string().nullable(),
  /** Number of the newest version; null: none is known. */
  version: z.number().nullable(),
});
export const serviceTextSchema = serviceConfigSchema.extend({ text: z.string().nullable() });
export const serviceConfigsSchema = z.object({ services: z.array(serviceConfigSchema) });
export type ServiceConfig = z.output<typeof serviceConfigSchema>;

/** Answer of `PUT`, `DELETE` and rollback. */
export const editSchema = z.object({
  service: z.string(),
  file: z.string(),
  /** Null: the file was removed. */
  etag: etag.nullable(),
  /** Null: nothing changed, or it could not be recorded, which is then a warning. */
  version: z.number().nullable(),
  /** False: it was only tried (`?dry_run`). */
  done: z.boolean(),
  changes: changesSchema,
  warnings: z.array(z.string()),
  /** With `?dry_run`: what would be. */
  whatIf: z.unknown().optional(),
});
export type Edit = z.output<typeof editSchema>;

export const versionSchema = z.object({
  version: z.number(),
  at: isoTime,
  author: z.string(),
  reason: z.string().nullable(),
  file: z.string(),
  hash: z.string(),
  removed: z.boolean(),
});
export const versionTextSchema = versionSchema.extend({ text: z.string().nullable() });
export const versionsSchema = z.object({ service: z.string(), versions: z.array(versionSchema) });
export type VersionLine = z.output<typeof versionSchema>;

export const rollbackSchema = z.strictObject({
  version: z.number().int().min(1),
  author: z.string().optional(),
  reason: z.string().optional(),
});

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

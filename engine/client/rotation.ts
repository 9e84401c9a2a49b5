/**
 * The one thing that the engine reads of what somebody else decided: since when each instance takes traffic, or does not.
 * It is a page like any other, kept in Consul KV under `<prefix>plan/<service>` in the field `rotation`.
 * Why: without traffic an error ratio has no samples, and silence is not health. While an instance is out, its traffic
 * metrics keep the last judged value (`held`); from a later mark on only samples after the mark count.
 * An absent or unreadable page means: nothing is held, nothing is cut.
 */
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';

export const rotationMarkSchema = z.object({
  /** `fresh`: a new identity under an old id (restart, replace): memory, smoothing and evidence start anew. */
  state: z.enum(['in', 'out', 'probation', 'fresh']),
  since: isoTime,
});
export type RotationMark = z.infer<typeof rotationMarkSchema>;

export const rotationPageSchema = z.object({ rotation: z.record(z.string(), rotationMarkSchema) });
export type RotationPage = z.infer<typeof rotationPageSchema>;

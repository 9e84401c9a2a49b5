/** What the bench and the probe in the engine's process say to each other. */
import { z } from 'zod';

export const probeCommandSchema = z.object({ kind: z.enum(['reset', 'read', 'collect']) });

export const probeAnswerSchema = z.object({
  heapUsed: z.number(),
  external: z.number(),
  arrayBuffers: z.number(),
  rss: z.number(),
  /** The event loop's longest delay since the last reset, in ms; its own timer has a resolution of one. */
  longestMs: z.number(),
  p99Ms: z.number(),
});

export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

/** What the bench and its fleet say to each other. */
import { z } from 'zod';

export const fleetCommandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('show'), bytes: z.number() }),
  z.object({ kind: z.literal('reset'), intervalMs: z.number() }),
  z.object({ kind: z.literal('count') }),
]);

export type FleetCommand = z.infer<typeof fleetCommandSchema>;

export const fleetReadySchema = z.object({ port: z.number(), consul: z.number() });

export const fleetCountsSchema = z.object({
  /** Pages served since the last reset. */
  served: z.number(),
  /** Those of them that came at least an interval too late. */
  late: z.number(),
});

export type FleetCounts = z.infer<typeof fleetCountsSchema>;

import { z } from 'zod';

/** What a mortal scheduler is told when it is started. */
export const ordersSchema = z.object({
  config: z.string(),
  /** Folder of its fate. */
  fate: z.string(),
  origin: z.number(),
  speed: z.number(),
  /** Where Docker listens, and where the configuration says that it does; null: not needed. */
  docker: z.object({ real: z.string(), seen: z.string() }).nullable(),
});
export type Orders = z.infer<typeof ordersSchema>;

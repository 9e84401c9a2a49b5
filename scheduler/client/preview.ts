/** `POST /v1/plan/preview`: what the plan would be with other service files. Nothing of it changes anything. */
import { z } from 'zod';
import { whatIfRequestSchema } from '../../engine/client/index.js';
import { planSchema } from './wire.js';

/** Services that are not named stay as they are in force. */
export const previewRequestSchema = whatIfRequestSchema;
export type PreviewRequest = z.output<typeof previewRequestSchema>;

export const previewSchema = z.object({
  /** What the policies in force come to, and what the candidates would: canonical texts. */
  before: z.string(),
  after: z.string(),
  differs: z.boolean(),
  plan: planSchema,
  /** Metrics whose values the engine does not read yet, and services of which nothing is known yet. */
  notes: z.array(z.string()),
});
export type Preview = z.infer<typeof previewSchema>;

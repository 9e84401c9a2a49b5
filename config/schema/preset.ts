/** `config/presets/*.yaml`: what a kind of service has in common. */
import type { z } from 'zod';
import { section, text } from './fields.js';
import { drainFile, metricsFile, scrapeFile, systemFile } from './service.js';

export const presetFile = section({
  preset: text,
  about: text,
  scrape: scrapeFile.optional(),
  system: systemFile.optional(),
  drain: drainFile.optional(),
  metrics: metricsFile,
});
export type PresetFile = z.output<typeof presetFile>;

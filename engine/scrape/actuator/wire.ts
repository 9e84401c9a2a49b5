/** What Spring Boot's `/actuator/metrics` answers. Source: Spring Boot Actuator API, "Metrics". */
import { z } from 'zod';

const listPage = z.object({ names: z.array(z.string().min(1).max(1024)).max(100_000) });

const value = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number);

const meterPage = z.object({
  baseUnit: z.string().nullish(),
  measurements: z.array(z.object({ statistic: z.string(), value })).max(100),
  availableTags: z.array(z.object({ tag: z.string(), values: z.array(z.string()).max(100_000) })).max(1000),
});
export type Meter = z.output<typeof meterPage>;

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
};

/** The names of all meters; null: it is no such page. */
export const readList = (body: Buffer): readonly string[] | null => listPage.safeParse(parse(body)).data?.names ?? null;

/** One meter, or the part of it that a question about tags asked for; null: it is no such page. */
export const readMeter = (body: Buffer): Meter | null => meterPage.safeParse(parse(body)).data ?? null;

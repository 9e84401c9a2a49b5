import { z } from 'zod';

/** Wire form of a point in time: RFC 3339 in UTC; in the program: milliseconds since the epoch. */
export const isoTime = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => Date.parse(text),
  encode: (ms) => new Date(ms).toISOString(),
});

/** `heal.ladder` of a service file: what is done to an instance, from the mildest. */
import { z } from 'zod';
import { durationBetween, flag, listOf, section, someDuration, textMatching, wholeBetween } from './fields.js';

/** A path and perhaps a query, never a host: `//elsewhere/x` would be one. */
const path = textMatching(/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/, 'a path that begins with one /, like /actuator/refresh');

const gentle = section({
  do: z.literal('gentle'),
  post: path.meta({ description: 'Sent an empty POST; any 2xx means done.' }),
  port: wholeBetween(1, 65_535).meta({ description: 'Instead of the port registered in Consul.' }).optional(),
  timeout: durationBetween('100ms', '1m').optional(),
  verify: someDuration.optional(),
});

const restart = section({ do: z.literal('restart'), verify: someDuration.optional() });

const replace = section({
  do: z.literal('replace'),
  start_new_first: flag
    .meta({ description: 'Two may run at once for a moment: the new one is started before the old one is stopped.' })
    .optional(),
  verify: someDuration.optional(),
});

const step = z.discriminatedUnion('do', [gentle, restart, replace], {
  error: 'expected a step: do: gentle, restart or replace',
});

export const ladderFile = listOf(step).min(1, { error: 'needs at least one step' });
export type LadderFile = z.output<typeof ladderFile>;

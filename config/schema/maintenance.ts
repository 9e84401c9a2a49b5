/** Windows of maintenance that recur: in a service file for that service, in `ballast.yaml` for all. */
import type { z } from 'zod';
import { cronProblem, isTimezone } from '../../lib/cron.js';
import type { MaintenanceWindow } from '../policy.js';
import { durationBetween, listOf, section, text } from './fields.js';

const expression = text.check((context) => {
  const problem = cronProblem(context.value);
  if (problem !== null)
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: `expected a cron expression like 0 2 * * 0 (minute, hour, day, month, weekday): ${problem}`,
    });
});

const maintenanceFile = section({
  cron: expression.meta({ description: 'When it begins: minute, hour, day, month, weekday.' }),
  for: durationBetween('1m', '7d').meta({ description: 'How long it lasts.' }),
  timezone: text
    .refine(isTimezone, { error: 'expected a time zone like Europe/Berlin' })
    .meta({ description: "Whose clock the expression means; UTC unless given, never the machine's own." })
    .optional(),
  reason: text.meta({ description: 'Shown wherever the window holds something back.' }),
});

export const maintenanceList = listOf(maintenanceFile).meta({
  description: 'Windows that recur; while one is open nothing is healed, and traffic is steered as usual.',
});

export const maintenanceOf = (windows: z.output<typeof maintenanceList> | undefined): readonly MaintenanceWindow[] =>
  (windows ?? []).map(({ cron, for: forMs, timezone, reason }) => ({
    cron,
    timezone: timezone ?? 'UTC',
    forMs,
    reason,
  }));

import { z } from 'zod';
import { stringify } from 'yaml';
import { planSchema } from '../../scheduler/client/index.js';
import type { InstanceView, Plan } from '../../scheduler/client/index.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import type { Context } from './context.js';

export interface PlanOptions {
  readonly format: 'text' | 'json' | 'yaml';
  readonly exitCode: boolean;
}

/** Something is decided that is not so yet: a weight that is not served, or a step of healing. */
export const isPending = (plan: Plan, instances: readonly InstanceView[]): boolean =>
  plan.services.some(({ proposals }) => proposals.length > 0) ||
  instances.some(({ weight, applied }) => weight !== null && weight !== (applied ?? 0));

export const showPlan = async ({ api, io }: Context, { format, exitCode }: PlanOptions): Promise<ExitCode> => {
  if (format === 'text') io.out(await api.planText());
  if (format === 'text' && !exitCode) return exit.fine;
  const plan = await api.plan();
  const wire = z.encode(planSchema, plan);
  if (format !== 'text') io.out(format === 'json' ? jsonText(wire) : stringify(wire));
  return exitCode && isPending(plan, await api.instances()) ? exit.condition : exit.fine;
};

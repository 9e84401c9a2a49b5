/** `ballast status`: the one page to look at first. It shows what it can while one of the services is away. */
import type { LeaderView, MaintenanceResponse, ModesResponse, Pause, Plan } from '../../scheduler/client/index.js';
import type { InstanceView } from '../../scheduler/client/index.js';
import type { ScoresResponse } from '../../engine/client/index.js';
import type { Api } from '../api.js';
import { parts } from '../config-api.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { findInstance, within } from '../names.js';
import { byUrgency, instancesView } from '../views/instances.js';
import { stateLines } from '../views/config.js';
import { saidLines } from '../views/said.js';
import { maintenanceLines, serviceRows, servicesView } from '../views/services.js';
import { reasonText } from '../words.js';
import { print } from './context.js';
import type { Context } from './context.js';

/** Null where the service could not be asked. */
interface Seen {
  readonly scores: ScoresResponse | null;
  readonly plan: Plan | null;
  readonly instances: readonly InstanceView[] | null;
  readonly leader: LeaderView | null;
  readonly pauses: readonly Pause[] | null;
  readonly maintenance: MaintenanceResponse | null;
  readonly modes: ModesResponse | null;
  /** What is wrong with what is configured, a sentence each. */
  readonly configuration: readonly string[];
  /** The first error of each service, to be told once. */
  readonly errors: readonly unknown[];
}

/** That a service is away is told elsewhere. */
const configurationOf = async (api: Api, now: number): Promise<readonly string[]> => {
  const asked = parts.map((part) =>
    api.config.state(part).then(
      (state) => stateLines(part, state, now),
      () => [],
    ),
  );
  return (await Promise.all(asked)).flat();
};

const look = async ({ api, io }: Context): Promise<Seen> => {
  const errors: unknown[] = [];
  const attempt = async <T>(ask: () => Promise<T>): Promise<T | null> => {
    try {
      return await ask();
    } catch (error) {
      errors.push(error);
      return null;
    }
  };
  const [scores, leader, configuration] = await Promise.all([
    attempt(() => api.scores()),
    attempt(() => api.leader()),
    configurationOf(api, io.clock.now()),
  ]);
  const nothing = { plan: null, instances: null, pauses: null, maintenance: null, modes: null };
  if (leader === null) return { scores, leader, configuration, errors, ...nothing };
  const [plan, instances, pauses, maintenance, modes] = await Promise.all([
    attempt(() => api.plan()),
    attempt(() => api.instances()),
    attempt(() => api.pauses()),
    attempt(() => api.people.maintenance()),
    attempt(() => api.people.modes(null)),
  ]);
  return { scores, plan, instances, leader, pauses, maintenance, modes, configuration, errors };
};

const waiting = (plan: Seen['plan']): readonly string[] =>
  (plan?.services ?? []).flatMap(({ proposals }) =>
    proposals
      .filter(({ waits }) => waits)
      .map(
        ({ step, service, instance, because }) =>
          `Waits for you: ${step} ${service}/${instance}, ${because}: ballast approve ${service}/${instance} --reason ..., or veto`,
      ),
  );

/** Of a wide maintenance the first ones tell what it is. */
const SHOWN = 10;

const inMaintenance = (scores: ScoresResponse | null, scope?: string): readonly string[] => {
  const lines = maintenanceLines(scores, scope);
  const more = lines.length - SHOWN;
  return [...lines.slice(0, SHOWN), ...(more > 0 ? [`Consul: ${more} more are in maintenance`] : [])];
};

const footer = (seen: Seen, now: number): readonly string[] => {
  const { leader, scores, configuration, plan } = seen;
  return [
    ...configuration,
    ...(leader === null
      ? []
      : [`Leader: ${leader.leader ? leader.node : 'none here'}${leader.text === '' ? '' : ` (${leader.text})`}`]),
    ...(scores === null || scores.ready
      ? []
      : ['The engine is still filling its first scoring window: nothing is healed yet.']),
    ...waiting(plan),
    ...inMaintenance(scores),
    ...saidLines(seen, now),
  ];
};

const overview = (context: Context, seen: Seen): void => {
  const { io } = context;
  print(context, servicesView, serviceRows(seen.scores, seen.plan), 'table');
  const lines = footer(seen, io.clock.now());
  if (lines.length > 0) io.out(`\n${lines.join('\n')}\n`);
};

const ofService = (context: Context, seen: Seen, service: string): void => {
  const { io } = context;
  const rows = serviceRows(seen.scores, seen.plan).filter((row) => row.service === service);
  print(context, servicesView, rows, 'table');
  const instances = (seen.instances ?? []).filter((row) => within(service, row));
  io.out('\n');
  print(context, instancesView(io.clock.now()), [...instances].sort(byUrgency), 'table');
  const reasons = seen.plan?.services.find((plan) => plan.service === service)?.reasons ?? [];
  const lines = [...reasons.map(reasonText), ...inMaintenance(seen.scores, service)];
  if (lines.length > 0) io.out(`\n${lines.join('\n')}\n`);
};

const ofInstance = (context: Context, seen: Seen, name: string): void => {
  const { io } = context;
  const known = seen.instances ?? [];
  const { service, instance } = findInstance(name, known);
  const row = known.find((view) => view.service === service && view.instance === instance);
  if (row === undefined) return;
  print(context, instancesView(io.clock.now()), [row], 'wide');
  const lines = [
    ...row.reasons.map(reasonText),
    ...row.heldBack.map((verdict) => `held back by ${reasonText(verdict)}`),
  ];
  if (lines.length > 0) io.out(`\n${lines.join('\n')}\n`);
  io.err(`\nWhy, with every number: ballast explain ${service}/${instance}\n`);
};

const firstOf = (errors: readonly unknown[]): unknown => errors[0];

/** Rejects with what went wrong after all that could be shown was shown. */
export const status = async (context: Context, name: string | undefined): Promise<ExitCode> => {
  const seen = await look(context);
  const some = seen.scores !== null || seen.plan !== null;
  if (!some) throw firstOf(seen.errors);
  const isService = serviceRows(seen.scores, seen.plan).some(({ service }) => service === name);
  if (name === undefined) overview(context, seen);
  else if (isService) ofService(context, seen, name);
  else if (seen.instances !== null) ofInstance(context, seen, name);
  if (seen.errors.length > 0) throw firstOf(seen.errors);
  return exit.fine;
};

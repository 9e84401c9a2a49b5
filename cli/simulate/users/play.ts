/** One day of a user's fleet, with Ballast and without it. */
import type { ReasonCode } from '../../../scheduler/client/index.js';
import { reasons } from '../../../scheduler/client/index.js';
import type { Event, FleetPolicy } from '../../../scheduler/model.js';
import { simulate } from '../day.js';
import { type Fleet, stageOf } from '../fleet.js';
import type { Incident, Story } from '../story.js';
import { tell } from '../tell.js';
import type { ServiceToll } from '../toll.js';
import { OnCall, type Receivers, type Told } from './on-call.js';

/** Plain data: it is handed to a worker. */
export interface UserTask {
  readonly policies: Fleet;
  readonly limits: FleetPolicy;
  readonly receivers: Receivers;
  readonly seed: number;
  readonly hours: number;
}

export type Counts = Readonly<Partial<Record<ReasonCode, number>>>;

export interface UserService extends ServiceToll {
  /** Incidents of its own. */
  readonly troubles: number;
  /** Healings that were verified. */
  readonly verified: number;
  /** Refusals, each once an episode. */
  readonly refused: Counts;
  readonly told: Told;
  readonly alone: Pick<ServiceToll, 'requests' | 'errors' | 'illMs'>;
}

export interface UserDay {
  readonly seed: number;
  readonly troubles: number;
  readonly services: readonly UserService[];
  /** What was told of everything, and in summaries. */
  readonly told: Told;
  /** Messages to each webhook. */
  readonly sent: readonly number[];
  /** Who was not well again two hours after the last incident. */
  readonly unhealed: readonly string[];
  /** Safety rules that broke, each once. */
  readonly broken: readonly string[];
  readonly reloads: number;
  readonly evaluations: number;
}

const troublesOf = (nth: number, incidents: readonly Incident[]): number =>
  incidents.filter(
    (incident) =>
      ('on' in incident && incident.on.service === nth) ||
      ('service' in incident && incident.service === nth) ||
      incident.kind === 'outage',
  ).length;

interface Heard {
  verified: number;
  readonly refused: Partial<Record<ReasonCode, number>>;
}

const one = (counts: Partial<Record<ReasonCode, number>>, code: ReasonCode): void => {
  counts[code] = (counts[code] ?? 0) + 1;
};

const listen = (to: ReadonlyMap<string, Heard>): ((event: Event) => void) => {
  return ({ kind, code, service }) => {
    const heard = to.get(service ?? '');
    if (!heard) return;
    if (kind === 'refusal' && reasons[code].kind === 'refuses') one(heard.refused, code);
    if (code === 'VERIFIED') heard.verified += 1;
  };
};

/** As many for each service as the usual fleet of three has. */
const troublesFor = (services: number, hours: number): number => Math.ceil((Math.max(20, 7 * services) * hours) / 24);

export const storyOf = ({ policies, seed, hours }: UserTask): Story =>
  tell(seed, stageOf(policies), { hours, least: troublesFor(policies.length, hours), bias: null });

export const playDay = (task: UserTask): UserDay => {
  const { policies, limits, receivers } = task;
  const story = storyOf(task);
  const names = policies.map(({ policy }) => policy.service);
  const heard = new Map(names.map((name) => [name as string, { verified: 0, refused: {} }]));
  const onCall = new OnCall(names, receivers);
  const result = simulate({ policies, story, fleet: limits, hear: listen(heard), attend: onCall });
  const told = onCall.end();
  const alone = simulate({ policies, story, alone: true });
  return {
    seed: task.seed,
    troubles: story.incidents.length,
    services: result.services.map((toll, nth) => ({
      ...toll,
      ...(heard.get(toll.service) ?? { verified: 0, refused: {} }),
      told: told.services.get(toll.service) ?? untold,
      troubles: troublesOf(nth, story.incidents),
      alone: pick(alone.services[nth] ?? toll),
    })),
    told: told.fleet,
    sent: told.sent,
    unhealed: result.unhealed,
    broken: [...new Set(result.violations.map(({ rule }) => rule))],
    reloads: result.reloads,
    evaluations: result.evaluations,
  };
};

const untold: Told = { messages: 0, pages: {} };

const pick = ({ requests, errors, illMs }: ServiceToll): UserService['alone'] => ({ requests, errors, illMs });

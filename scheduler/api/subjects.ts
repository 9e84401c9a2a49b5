/** Whom a request is about: whether there is such a service or instance, and what to say where there is none. */
import type { ServiceName } from '../../config/index.js';
import { BallastError } from '../../lib/errors.js';
import { didYouMean } from '../../lib/spelling.js';
import { isDiscovered } from '../facts.js';
import type { Shown } from './views.js';

export interface Target {
  readonly service: string;
  readonly instance: string;
}

export interface Subjects {
  /** Those of the configuration in force. */
  readonly services: () => readonly ServiceName[];
  /** Null before the first decision. */
  readonly shown: () => Shown | null;
}

const instancesIn = ({ decision }: Shown): readonly Target[] =>
  decision.plan.services.flatMap((plan) =>
    plan.servers.map((server) => ({ service: plan.service, instance: server.instance })),
  );

/** What is said of a service that has no file. */
export const noService = (name: string, known: readonly string[]): BallastError =>
  new BallastError('NOT_FOUND', `no service "${name}"`, {
    status: 404,
    hint: didYouMean(name, known) ?? `known: ${known.join(', ') || 'none'}`,
  });

/**
 * What holds somebody back must name somebody: a word about nobody would hold nothing, and whoever said it would not know.
 * Throws a BallastError `NOT_FOUND`. `scope`: in the form that is kept.
 */
export const requireScope = (subjects: Subjects, scope: string): void => {
  const [kind, service = '', instance = ''] = scope.split('/');
  if (kind === 'all') return;
  const services: readonly string[] = subjects.services();
  if (!services.includes(service)) throw noService(service, services);
  const shown = subjects.shown();
  if (kind !== 'instance' || shown === null || waitingFor(subjects, shown, service).length > 0) return;
  const known = instancesIn(shown).filter((one) => one.service === service);
  if (known.some((one) => one.instance === instance)) return;
  const names = known.map((one) => one.instance);
  throw new BallastError('NOT_FOUND', `${service} has no instance "${instance}" now`, {
    status: 404,
    hint: didYouMean(instance, names) ?? `it has ${names.join(', ') || 'none'}; or name the whole service: ${service}`,
  });
};

/**
 * By service and id, or by the id alone (`service` empty) where one service only has it. Throws a BallastError: `NOT_FOUND`,
 * `AMBIGUOUS_NAME`, or `NOT_READY` where it may be of a service of which nothing was decided yet.
 */
export const findTarget = (subjects: Subjects, shown: Shown, service: string, instance: string): Target => {
  const all = instancesIn(shown);
  const found = all.filter((one) => one.instance === instance && (service === '' || one.service === service));
  const [only, other] = found;
  if (only && !other) return only;
  if (only)
    throw new BallastError('AMBIGUOUS_NAME', `${found.length} services have an instance "${instance}"`, {
      status: 409,
      hint: `write one of ${found.map((one) => `${one.service}/${one.instance}`).join(', ')}`,
    });
  const unheard = waitingFor(subjects, shown, service);
  if (unheard.length > 0)
    throw new BallastError('NOT_READY', `no answer from Consul yet for ${unheard.join(', ')}`, {
      status: 503,
      hint: 'ask again when /-/ready answers 200',
    });
  const asked = service === '' ? instance : `${service}/${instance}`;
  const names = all.map((one) => (service === '' ? one.instance : `${one.service}/${one.instance}`));
  throw new BallastError('NOT_FOUND', `there is no instance "${asked}"`, {
    status: 404,
    hint: didYouMean(asked, names) ?? 'GET /v1/instances lists those that there are',
  });
};

/** Of which nothing is decided yet, those too that were just added; `only`: of this one, unless empty. */
const waitingFor = ({ services }: Subjects, { world }: Shown, only: string): readonly ServiceName[] =>
  services().filter((name) => (only === '' || name === only) && !isDiscovered(world, name));

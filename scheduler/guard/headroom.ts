/** Whether the others bear what it carries. */
import type { InstanceId } from '../../config/index.js';
import { freshScore, mayBeServed } from '../facts.js';
import type { Verdict } from '../client/index.js';
import type { GuardContext } from '../model.js';
import { allow, memoryOf, refuse, say } from './verdict.js';

const figure = (value: number): string => String(Number(value.toPrecision(3)));

export type HeadroomContext = Pick<GuardContext, 'world' | 'service' | 'record' | 'instance'>;

/**
 * The load of an instance in rotation, shared among the rest that is in rotation, must leave the most loaded of them under its
 * critical value. One that is out already costs nothing: the others carry its load as it is.
 */
export const headroom = (context: HeadroomContext): Verdict => {
  const { service, instance, record } = context;
  const { policy } = service;
  const metric = policy.metrics.find(({ name }) => name === policy.guardrails.headroom?.metric);
  if (!metric) return allow('HEADROOM', 'guardrails.headroom names no metric');
  if (!takesTraffic(context)) return allow('HEADROOM', 'it takes no traffic: the others carry its load already');
  const rest = Object.entries(record.instances).flatMap(([id, { weight }]) =>
    id !== instance && weight > 0 ? [id as InstanceId] : [],
  );
  if (rest.length === 0) return allow('HEADROOM', 'there is nobody to share its load');
  const loads = [instance, ...rest].map((id) => ({ id, load: loadOf(context, id) }));
  const unread = loads.find(({ load }) => load === null);
  if (unread) return refuse('HEADROOM', `the ${metric.name} of ${unread.id} is not known`);
  const [own = 0, ...others] = loads.map(({ load }) => load ?? 0);
  const after = Math.max(...others) + own / rest.length;
  const text = `${metric.name} ${figure(own)} shared among ${rest.length} leaves the most loaded at ${figure(after)} (limit ${figure(metric.critical)})`;
  return say('HEADROOM', after < metric.critical, text);
};

/**
 * By what the gateway serves, and where that is not known it may: what is only planned (an order, which takes it out) has not
 * moved its load yet.
 */
const takesTraffic = (context: HeadroomContext): boolean => {
  const { policy } = context.service;
  if (policy.traffic?.mode !== 'act') return (memoryOf(context)?.weight ?? 0) > 0;
  return mayBeServed(context.world.gateway, policy.traffic.upstream, context.instance) !== false;
};

const loadOf = ({ service }: HeadroomContext, id: InstanceId): number | null => freshScore(service, id)?.load ?? null;

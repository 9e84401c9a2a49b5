/** What a person is promised: an order that is taken, of one in rotation. */
import type { Order } from '../../../scheduler/client/index.js';
import { healthyLevel, type SimService } from '../service.js';
import type { Process } from '../process.js';
import type { Breach } from './model.js';

/** A figure that was read a moment ago, of a metric that jitters. */
const clearly = 1.02;

/** The others have room for what it carries, by what they really carry; unless it is forced. */
export function* promiseRules(order: Order, services: readonly SimService[]): Generator<Breach> {
  const service = services.find(({ policy }) => policy.service === order.service);
  const metric = service?.policy.metrics.find(({ name }) => name === service.policy.guardrails.headroom?.metric);
  if (!service || !metric || order.forced) return;
  const loadOf = ({ condition }: Process): number =>
    metric.good + (condition.levels.get(metric.name) ?? healthyLevel) * (metric.critical - metric.good);
  const all = [...service.processes.values()];
  const own = all.find(({ id }) => id === order.instance);
  const others = all.filter((one) => one !== own && one.alive);
  if (!own?.alive || others.length === 0) return;
  const after = Math.max(...others.map(loadOf)) + loadOf(own) / others.length;
  if (after >= metric.critical * clearly)
    yield ['an order leaves the others room', `${metric.name} would be ${after.toFixed(2)} of ${metric.critical}`];
}

import type { GatewayView, ServicePlan } from '../client/index.js';
import type { DesiredUpstream } from '../gateway/types.js';
import type { ServiceWorld } from '../model.js';
import { own } from '../../lib/own.js';

/**
 * What the gateway should serve, for all upstreams together, since it is one configuration. A service of which nothing was
 * received yet keeps what is served now: not received is not empty. So does one of which Consul lists nobody any more: an
 * upstream without servers answers every request with 502, the last ones may well answer. Null: of some service nothing is
 * known at all, so nothing may be rendered yet.
 */
export const desiredUpstreams = (
  plans: readonly ServicePlan[],
  services: readonly ServiceWorld[],
  view: GatewayView | null,
): readonly DesiredUpstream[] | null => {
  const worlds = new Map(services.map((world) => [world.policy.service as string, world]));
  const desired: DesiredUpstream[] = [];
  for (const plan of plans) {
    const world = worlds.get(plan.service);
    const traffic = world?.policy.traffic;
    if (!world || !traffic || traffic.mode === 'observe') continue;
    const served = (view && own(view.servers, traffic.upstream)) ?? null;
    const servers = world.catalog.kind === 'waiting' ? served : plan.servers.length > 0 ? plan.servers : (served ?? []);
    if (!servers) return null;
    const { upstream: name, retries, connectTimeoutMs, readTimeoutMs } = traffic;
    desired.push({
      name,
      service: plan.service,
      retries,
      connectTimeoutMs,
      readTimeoutMs,
      servers: servers.map(({ instance, address, port, weight }) => ({ instance, address, port, weight })),
    });
  }
  return desired;
};

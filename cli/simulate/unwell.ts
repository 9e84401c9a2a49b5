/** Who is not as he should be: open actions, and instances that are not green at full weight. */
import type { Ground } from './scheduler.js';
import type { SimService } from './service.js';

export const unwell = (ground: Ground): string[] => {
  const open = ground.services.flatMap(({ policy }) =>
    ground.consul.ledger(policy.service).value.open.map(({ id }) => `${id} is open`),
  );
  return [...open, ...ground.services.flatMap((service) => unwellOf(service, ground))];
};

const unwellOf = ({ policy, processes, scores }: SimService, { gateway }: Ground): string[] => {
  const upstream = gateway.upstream(policy.traffic?.upstream ?? '');
  const weights = new Map(upstream?.servers.map(({ instance, weight }) => [instance, weight]));
  const most = Math.max(...weights.values());
  return [...processes.values()]
    .filter(({ id, alive }) => !alive || scores.get(id)?.zone !== 'green' || (weights.get(id) ?? 0) < most)
    .map(
      ({ id, alive }) =>
        `${id}: ${alive ? (scores.get(id)?.why ?? 'no score') : 'down'}, weight ${weights.get(id) ?? 0} of ${most}`,
    );
};

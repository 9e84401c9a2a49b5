import type { ServiceName } from '../../../../config/index.js';
import { Chance } from '../../../../cli/simulate/chance.js';
import { Backend } from '../../../../cli/simulate/policies/backend.js';
import { type Balancer, Proxy, tickMs } from '../../../../cli/simulate/policies/proxy.js';
import { Process } from '../../../../cli/simulate/process.js';

export const begin = 1_700_000_000_000;

export const backendsOf = (count: number): readonly [Backend, ...Backend[]] => {
  const all = Array.from(
    { length: count },
    (_, nth) =>
      new Backend(new Process('orders' as ServiceName, `orders-${nth + 1}`, nth, 8_000 + nth, begin - 3_600_000, null)),
  );
  const [first, ...rest] = all;
  if (!first) throw new Error('a service needs an instance');
  return [first, ...rest];
};

/** So many seconds of requests to them, with a tick of the balancer every 100 ms. */
export const serve = (
  balancer: Balancer,
  backends: readonly Backend[],
  { seconds, perSecond = 200, each }: { seconds: number; perSecond?: number; each?: (now: number) => void },
): Proxy => {
  balancer.use(backends);
  const proxy = new Proxy(balancer, new Chance(1, 'requests'), () => backends.length);
  for (let at = 0; at < seconds * 1_000; at += tickMs) {
    if (at % 100 === 0) {
      each?.(begin + at);
      balancer.tick(begin + at);
    }
    proxy.step(perSecond, begin + at);
  }
  // What is under way ends.
  for (let at = 0; at < 12_000; at += tickMs) proxy.step(0, begin + seconds * 1_000 + at);
  return proxy;
};

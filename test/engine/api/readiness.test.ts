import { expect } from 'chai';
import { readiness, type DiscoveryView, type ReadinessInputs } from '../../../engine/api/index.js';

const live: DiscoveryView = { state: 'live', why: 'Consul lists 3 instances', at: 0 };
const waiting: DiscoveryView = { state: 'waiting', why: 'Consul: connection refused', at: null };
const held: DiscoveryView = { state: 'held', why: 'Consul: No cluster leader', at: 0 };
const service = (change: Partial<ReadinessInputs['services'][number]> = {}): ReadinessInputs['services'][number] => ({
  service: 'orders',
  discovery: live,
  firstListAt: 0,
  windowMs: 25_000,
  ...change,
});

describe('readiness', () => {
  const cases: readonly [string, Partial<ReadinessInputs>, number, boolean, RegExp][] = [
    ['Consul has not answered', { answered: false, services: [] }, 0, false, /^Consul has not answered yet$/],
    ['no service is configured', { services: [] }, 0, true, /all services/],
    [
      'a service has no list',
      { services: [service(), service({ service: 'users', discovery: waiting, firstListAt: null })] },
      99_000,
      false,
      /^no list yet of users: Consul: connection refused$/,
    ],
    ['the window is not over', { services: [service()] }, 24_001, false, /over in 1 s$/],
    [
      'the longest window is not over',
      { services: [service(), service({ windowMs: 50_000 })] },
      25_000,
      false,
      /over in 25 s$/,
    ],
    ['all is well', { services: [service()] }, 25_000, true, /^all services are discovered and scored$/],
    [
      'discovery is held',
      { services: [service({ discovery: held })] },
      25_000,
      true,
      /^orders: Consul: No cluster leader$/,
    ],
    [
      'history fails',
      { services: [service()], troubles: ['history: disk full'] },
      25_000,
      true,
      /^history: disk full$/,
    ],
    [
      'history fails while it waits',
      { services: [service()], troubles: ['history: disk full'] },
      0,
      false,
      /over in 25 s; history: disk full$/,
    ],
  ];
  for (const [name, change, now, ready, why] of cases)
    it(`is ${String(ready)} when ${name}, and says why`, () => {
      const state = readiness({ answered: true, was: false, services: [], troubles: [], ...change }, now);
      expect(state.ready).to.equal(ready);
      expect(state.why).to.match(why);
    });
});

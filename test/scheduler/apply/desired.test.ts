import { expect } from 'chai';
import { desiredUpstreams } from '../../../scheduler/apply/desired.js';
import type { GatewayView, ServicePlan } from '../../../scheduler/client/index.js';
import type { CatalogState, ServiceWorld } from '../../../scheduler/model.js';
import { policyFor } from '../../support/policy.js';

const world = (mode: 'act' | 'observe', catalog: CatalogState): ServiceWorld => ({
  policy: policyFor(`service: orders\npreset: node\ntraffic: {upstream: orders, mode: ${mode}}\n`),
  catalog,
  scores: { received: true, ageMs: 0, engineNow: 0, ready: true, instances: new Map() },
  ledger: null,
  runtime: new Map(),
});
const plan: ServicePlan = {
  service: 'orders',
  upstream: 'orders',
  mode: { traffic: 'act', heal: 'observe' },
  state: 'healthy',
  reasons: [],
  servers: [
    {
      instance: 'orders-1',
      address: '10.0.0.1',
      port: 80,
      weight: 100,
      lifecycle: 'serving',
      zone: 'green',
      reasons: [],
    },
  ],
  proposals: [],
};
const served = { instance: 'orders-1', address: '10.0.0.1', port: 80, weight: 40 };
const view: GatewayView = {
  revision: 'a',
  provenAt: 0,
  servers: { orders: [served] },
  last: null,
  reloads: 0,
  failures: 0,
  coming: null,
};
const live: CatalogState = { kind: 'live', at: 0, entries: [] };
const waiting: CatalogState = { kind: 'waiting', why: '' };

describe('what the gateway is asked to serve', () => {
  it('is the plan of every service that acts on traffic', () => {
    const [upstream] = desiredUpstreams([plan], [world('act', live)], view) ?? [];
    expect(upstream).to.deep.include({ name: 'orders', service: 'orders', retries: true });
    expect(upstream?.servers).to.deep.equal([{ ...served, weight: 100 }]);
  });

  it('leaves out what is only observed', () => {
    expect(desiredUpstreams([plan], [world('observe', live)], view)).to.deep.equal([]);
  });

  it('keeps what is served now for a service of which nothing was received yet', () => {
    const [upstream] = desiredUpstreams([{ ...plan, servers: [] }], [world('act', waiting)], view) ?? [];
    expect(upstream?.servers).to.deep.equal([served]);
  });

  it('keeps what is served now for a service of which Consul lists nobody any more: none would answer 502', () => {
    const [upstream] = desiredUpstreams([{ ...plan, servers: [] }], [world('act', live)], view) ?? [];
    expect(upstream?.servers).to.deep.equal([served]);
    const [never] = desiredUpstreams([{ ...plan, servers: [] }], [world('act', live)], { ...view, servers: {} }) ?? [];
    expect(never?.servers).to.deep.equal([]);
  });

  it('is nothing at all while a service is known to nobody: an empty upstream is never made of ignorance', () => {
    expect(desiredUpstreams([{ ...plan, servers: [] }], [world('act', waiting)], { ...view, servers: {} })).to.equal(
      null,
    );
    expect(desiredUpstreams([{ ...plan, servers: [] }], [world('act', waiting)], null)).to.equal(null);
  });
});

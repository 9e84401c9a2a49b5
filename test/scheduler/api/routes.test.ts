import { expect } from 'chai';
import type { ServiceName } from '../../../config/index.js';
import { createClient, type HttpClient } from '../../../lib/http/client.js';
import type { Listening } from '../../../lib/http/server.js';
import { z } from 'zod';
import { routes, type ApiParts } from '../../../scheduler/api/routes.js';
import type { Shown } from '../../../scheduler/api/views.js';
import {
  instanceViewSchema,
  type Pause,
  pauseSchema,
  planSchema,
  reasonCodeSchema,
  upstreamViewSchema,
} from '../../../scheduler/client/index.js';
import { listenTo } from '../../support/api.js';
import { policyFor } from '../../support/policy.js';
import { noControls } from '../../../scheduler/client/index.js';

const now = Date.parse('2026-01-01T00:00:00Z');

const shown = (): Shown => ({
  at: now,
  world: {
    services: [
      {
        policy: policyFor('service: orders\npreset: node\ntraffic: {upstream: orders}\n'),
        catalog: { kind: 'live', at: now, entries: [] },
        scores: { received: true, ageMs: 0, engineNow: now, ready: true, instances: new Map() },
        ledger: { token: 1, open: [], closed: [] },
        runtime: new Map(),
      },
    ],
    lead: { held: true, token: 1, heldSince: now, confirmedAgoMs: 0, why: 'leads' },
    gateway: {
      revision: 'abc',
      provenAt: now,
      servers: { orders: [{ instance: 'orders-1', address: '10.0.0.1', port: 80, weight: 100 }] },
      last: null,
      reloads: 1,
      failures: 0,
      coming: null,
    },
    controls: noControls,
    stepResults: new Map(),
  },
  decision: {
    plan: {
      at: now,
      services: [
        {
          service: 'orders',
          upstream: 'orders',
          mode: { traffic: 'act', heal: 'act' },
          state: 'degraded',
          reasons: [],
          servers: [
            {
              instance: 'orders-1',
              address: '10.0.0.1',
              port: 80,
              weight: 0,
              lifecycle: 'out',
              zone: 'red',
              reasons: [{ code: 'RED', text: 'score 20' }],
            },
          ],
          proposals: [
            {
              id: 'orders/orders-1/0/restart',
              service: 'orders',
              instance: 'orders-1',
              step: 'restart',
              signature: 'errors',
              order: null,
              chosen: 'step 1 of 1',
              because: 'red',
              allowed: false,
              waits: false,
              verdicts: [
                { code: 'NO_QUORUM', allowed: true, text: 'ok' },
                { code: 'DWELL', allowed: false, text: 'out for 3 s of 60 s' },
              ],
            },
          ],
        },
      ],
    },
    memory: { services: new Map() },
    changed: [],
    commands: [],
    events: [],
  },
});

describe('HTTP API of the scheduler', () => {
  let server: Listening;
  let client: HttpClient;
  let pauses: Map<string, Pause>;
  let current: Shown | null;

  beforeEach(async () => {
    pauses = new Map();
    current = shown();
    const parts: ApiParts = {
      services: () => ['orders' as ServiceName],
      shown: () => current,
      leader: () => ({ leader: true, node: 'n', token: 1, since: now, text: 'leads' }),
      gateway: null,
      journal: { read: () => [], actions: () => [] },
      verifyJournal: () => Promise.resolve({ whole: true, actions: 0, journals: [], faults: [], notes: [] }),
      pauses: {
        list: () => [...pauses.values()],
        put: (pause) => {
          pauses.set(pause.scope, pause);
          return Promise.resolve();
        },
        remove: (scope) => Promise.resolve(pauses.delete(scope)),
      },
      planText: () => 'the plan\n',
      now: () => now,
    };
    server = await listenTo(routes(parts));
    client = createClient({ baseUrl: server.url, timeoutMs: 2_000 });
  });
  afterEach(() => server.close());

  it('shows decided and served weight apart, and what holds back by what', async () => {
    const { value } = await client.get('/v1/instances', z.object({ instances: z.array(instanceViewSchema) }));
    expect(value.instances).to.have.length(1);
    expect(value.instances[0]).to.deep.include({ weight: 0, applied: 100, lifecycle: 'out', zone: 'red' });
    expect(value.instances[0]?.heldBack).to.deep.equal([
      { code: 'DWELL', allowed: false, text: 'out for 3 s of 60 s' },
    ]);
  });

  it('gives the plan as JSON, and as its canonical text to who asks for text', async () => {
    expect((await client.get('/v1/plan', planSchema)).value.services[0]?.service).to.equal('orders');
    const text = await fetch(`${server.url}/v1/plan`, { headers: { accept: 'text/plain' } });
    expect(await text.text()).to.equal('the plan\n');
  });

  it('shows of an upstream what is decided beside what is served', async () => {
    const { value } = await client.get('/v1/upstreams/orders', upstreamViewSchema);
    expect(value).to.deep.include({ service: 'orders', revision: 'abc', provenAt: now, rendered: null, mode: 'act' });
    expect(value.servers[0]).to.deep.include({ weight: 0, applied: 100 });
  });

  it('refuses a parameter that it does not take, and names those that it does', async () => {
    const answer = await fetch(`${server.url}/v1/journal?since=1`);
    expect(answer.status).to.equal(400);
    expect(JSON.stringify(await answer.json())).to.include('it takes service, instance, action, after, limit');
  });

  it('names the known upstreams when asked for another', async () => {
    const answer = await fetch(`${server.url}/v1/upstreams/nope`);
    expect(answer.status).to.equal(404);
    expect(await answer.json()).to.deep.include({ code: 'NOT_FOUND', hint: 'known: orders' });
  });

  it('answers 503 before the first decision, and says what to ask', async () => {
    current = null;
    const answer = await fetch(`${server.url}/v1/instances`);
    expect(answer.status).to.equal(503);
    expect(await answer.json()).to.deep.include({ code: 'NOT_READY' });
  });

  it('takes a pause with author and reason, lists it, and ends it', async () => {
    const body = { scope: 'orders', author: 'ana', reason: 'deploy' };
    const { value } = await client.send('POST', '/v1/pause', pauseSchema, { body });
    expect(value).to.deep.equal({
      kind: 'pause',
      scope: 'service/orders',
      author: 'ana',
      reason: 'deploy',
      since: now,
      until: null,
    });
    const list = await client.get('/v1/pause', z.object({ pauses: z.array(pauseSchema) }));
    expect(list.value.pauses).to.deep.equal([value]);
    await client.send('DELETE', '/v1/pause', z.object({ scope: z.string() }), { query: { scope: 'orders' } });
    expect(pauses.size).to.equal(0);
  });

  const refused: [string, unknown][] = [
    ['no reason', { scope: 'all', author: 'ana' }],
    ['an empty author', { scope: 'all', author: ' ', reason: 'x' }],
    ['a scope that is none', { scope: 'a/b/c', author: 'ana', reason: 'x' }],
    ['an unknown key', { scope: 'all', author: 'ana', reason: 'x', for: '1h' }],
    ['an end in the past', { scope: 'all', author: 'ana', reason: 'x', until: '2025-01-01T00:00:00Z' }],
  ];
  for (const [what, body] of refused)
    it(`refuses a pause with ${what}`, async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/v1/pause`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.status).to.equal(400);
      expect(pauses.size).to.equal(0);
    });

  it('refuses a pause of somebody who is not there, who would not be paused by it', async () => {
    const post = async (scope: string) => {
      const body = JSON.stringify({ scope, author: 'ana', reason: 'deploy' });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/v1/pause`, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as { hint?: string }).hint];
    };
    expect(await post('ordrs')).to.deep.equal([404, 'did you mean "orders"?']);
    expect(await post('orders/order-1')).to.deep.equal([404, 'did you mean "orders-1"?']);
    expect(await post('orders/nobody')).to.deep.equal([404, 'it has orders-1; or name the whole service: orders']);
    expect(pauses.size).to.equal(0);
    expect(await post('orders/orders-1')).to.deep.equal([201, undefined]);
    // Whom there is may not be known yet: a person is not kept waiting for that.
    current = null;
    expect(await post('orders/orders-2')).to.deep.equal([201, undefined]);
    expect(await post('ordrs')).to.deep.equal([404, 'did you mean "orders"?']);
  });

  it('never lets a GET change anything: other methods are told what is allowed', async () => {
    const answer = await fetch(`${server.url}/v1/instances`, { method: 'POST' });
    expect(answer.status).to.equal(405);
    expect(answer.headers.get('allow')).to.equal('GET, HEAD');
  });

  it('has a sentence for every code of the table', () => {
    expect(reasonCodeSchema.safeParse('MIN_AVAILABLE').success).to.equal(true);
    expect(reasonCodeSchema.safeParse('NOPE').success).to.equal(false);
  });
});

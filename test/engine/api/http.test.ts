import { expect } from 'chai';
import { addRoutes, Board, EngineMetrics } from '../../../engine/api/index.js';
import {
  createEngineClient,
  explanationSchema,
  instanceScoreSchema,
  scoresResponseSchema,
  serviceScoresSchema,
  servicesResponseSchema,
  type Explanation,
} from '../../../engine/client/index.js';
import { systemClock } from '../../../lib/clock.js';
import { createClient } from '../../../lib/http/client.js';
import { createApp, listen, type Listening } from '../../../lib/http/server.js';
import { createLog } from '../../../lib/log.js';
import { eventually } from '../../support/eventually.js';
import { instanceScore, metricScore } from '../../support/scores.js';

const log = createLog({ level: 'silent', name: 'test' });

const explanation = (): Explanation => ({
  now: 0,
  instance: instanceScore(),
  sentence: 'orders-1 is green: score 100.',
  zones: { goodScore: 80, criticalScore: 50, fall: 3, rise: 2, minCoverage: 0.6 },
  metrics: [metricScore()],
  notes: [],
  peers: { count: 0, medianScore: null, sentence: 'It has no peers.' },
});

describe("the engine's HTTP API", () => {
  let board: Board;
  let server: Listening;

  beforeEach(async () => {
    board = new Board(
      [
        { service: 'orders', owner: 'team-orders' },
        { service: 'users', owner: null },
      ],
      systemClock,
    );
    const metrics = new EngineMetrics({
      board,
      scraper: () => ({ targets: 4, running: 1, skipped: 2 }),
      store: () => ({ errors: 3, lostChunks: 0, replaced: 2 }),
    });
    metrics.scraped('app', 'page', 12);
    metrics.evaluated('orders', 'done', 1);
    const app = createApp({
      log,
      name: 'ballast-engine',
      version: '0',
      tokens: [],
      metrics: metrics.page,
      ready: () => ({ ready: board.ready, why: 'a test' }),
      routes: (to) =>
        addRoutes(to, { board, clock: systemClock, explain: (_, id) => (id === 'orders-1' ? explanation() : null) }),
    });
    server = await listen(app, { host: '127.0.0.1', port: 0 });
    board.setDiscovery('orders', { state: 'live', why: 'Consul lists 2 instances', at: 0 });
    board.publish('orders', [
      instanceScore(),
      instanceScore({ instance: 'orders-2', zone: 'red', score: 20, smoothed: 20 }),
    ]);
  });
  afterEach(() => server.close());

  const get = async (path: string): Promise<{ status: number; index: number; body: unknown }> => {
    const response = await fetch(server.url + path);
    const index = Number(response.headers.get('x-ballast-index'));
    return { status: response.status, index, body: await response.json() };
  };

  it('answers every resource in its wire form', async () => {
    const all = scoresResponseSchema.parse((await get('/v1/scores')).body);
    expect(all.ready).to.equal(false);
    expect(all.services.map(({ service, instances }) => [service, instances.length])).to.deep.equal([
      ['orders', 2],
      ['users', 0],
    ]);
    const orders = serviceScoresSchema.parse((await get('/v1/scores/orders')).body);
    expect(orders.discovery).to.deep.equal({ state: 'live', why: 'Consul lists 2 instances', at: 0 });
    expect(orders.instances[1]).to.deep.equal(
      instanceScore({ instance: 'orders-2', zone: 'red', score: 20, smoothed: 20 }),
    );
    expect(instanceScoreSchema.parse((await get('/v1/scores/orders/orders-1')).body)).to.deep.equal(instanceScore());
    expect(explanationSchema.parse((await get('/v1/scores/orders/orders-1/explain')).body)).to.deep.equal(
      explanation(),
    );
    const { services } = servicesResponseSchema.parse((await get('/v1/services')).body);
    expect(services[0]).to.deep.include({ service: 'orders', owner: 'team-orders', instances: 2 });
    expect(services[0]?.zones).to.deep.equal({ green: 1, yellow: 0, red: 1, unknown: 0 });
    expect(services[1]?.discovery.state).to.equal('waiting');
  });

  it('is what its own client expects', async () => {
    const client = createEngineClient(createClient({ baseUrl: server.url, timeoutMs: 2_000 }));
    const { value, index } = await client.scores(null, new AbortController().signal);
    expect(value.services).to.have.length(2);
    expect(index).to.equal(board.watched.get().index);
    expect((await client.explain('orders', 'orders-1')).sentence).to.match(/is green/);
  });

  it('answers those who wait for a service that is configured no more, and shows one that is new', async () => {
    const { index } = await get('/v1/scores/orders');
    const all = await get('/v1/scores');
    const waiting = [
      get(`/v1/scores/orders?index=${index}&wait=10s`),
      get(`/v1/scores/orders/orders-1?index=${(await get('/v1/scores/orders/orders-1')).index}&wait=10s`),
      get(`/v1/scores?index=${all.index}&wait=10s`),
    ];
    await eventually(() => board.waiting === 3);
    board.setServices([
      { service: 'users', owner: 'team-users' },
      { service: 'carts', owner: null },
    ]);
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 200]);
    const { services } = servicesResponseSchema.parse((await get('/v1/services')).body);
    expect(services.map(({ service, owner }) => [service, owner])).to.deep.equal([
      ['users', 'team-users'],
      ['carts', null],
    ]);
  });

  for (const [path, code, hint] of [
    ['/v1/scores/payments', 'SERVICE_NOT_FOUND', /known are orders, users/],
    ['/v1/scores/payments/a', 'SERVICE_NOT_FOUND', /known are/],
    ['/v1/scores/orders/orders-9', 'INSTANCE_NOT_FOUND', /known are orders-1, orders-2; discovery: Consul lists 2/],
    ['/v1/scores/users/u/explain', 'INSTANCE_NOT_FOUND', /it has none/],
    ['/v1/scores/orders/orders-2/explain', 'INSTANCE_NOT_FOUND', /known are/],
  ] as const)
    it(`says what is known instead of ${path}`, async () => {
      const { status, body } = await get(path);
      expect(status).to.equal(404);
      expect(body).to.deep.include({ status: 404, code });
      expect(body).to.have.property('hint').that.matches(hint);
    });

  it('refuses a parameter that it does not understand, a wrong method and a wrong wait', async () => {
    expect((await get('/v1/scores?filtre=zone')).body).to.deep.include({ status: 400, code: 'INVALID_REQUEST' });
    expect((await get('/v1/scores/orders/orders-1/explain?at=now')).status).to.equal(400);
    expect((await get('/v1/scores?wait=long')).body).to.deep.include({ status: 400, code: 'INVALID_WAIT' });
    const posted = await fetch(`${server.url}/v1/scores`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });

  /** Waits on a resource until the change was made, then tells whether the reader was woken for it. */
  const isWoken = async (path: string, change: () => void): Promise<boolean> => {
    const { index } = await get(path);
    const waiting = board.waiting;
    const read = get(`${path}?index=${index}&wait=1m`);
    await eventually(() => board.waiting > waiting);
    change();
    const woken = board.waiting === waiting;
    if (!woken) await server.close();
    return (await read).index !== index && woken;
  };

  const paths = {
    all: '/v1/scores',
    orders: '/v1/scores/orders',
    one: '/v1/scores/orders/orders-1',
    users: '/v1/scores/users',
  };
  const changes: readonly [string, () => void, readonly (keyof typeof paths)[]][] = [
    ['a zone', () => board.publish('orders', [instanceScore({ zone: 'yellow' })]), ['all', 'orders', 'one']],
    [
      'the zone of another instance',
      () => board.publish('orders', [instanceScore({ instance: 'orders-2' })]),
      ['all', 'orders'],
    ],
    ['a newcomer', () => board.publish('orders', [instanceScore({ instance: 'orders-3' })]), ['all', 'orders']],
    ['one that left', () => board.retain('orders', new Set(['orders-1'])), ['all', 'orders']],
    [
      'the state of discovery',
      () => board.setDiscovery('orders', { state: 'held', why: 'x', at: 0 }),
      ['all', 'orders'],
    ],
    ['newer numbers of no weight', () => board.publish('orders', [instanceScore({ evaluation: 2, at: 9 })]), []],
    ['a service that is not configured', () => board.publish('none', [instanceScore({ zone: 'red' })]), []],
    ['being ready', () => board.setReady(), ['all']],
  ];
  for (const [name, change, woken] of changes)
    for (const [resource, path] of Object.entries(paths)) {
      const expected = woken.includes(resource as keyof typeof paths);
      it(`${expected ? 'wakes' : 'does not wake'} a reader of ${path} for ${name}`, async () => {
        expect(await isWoken(path, change)).to.equal(expected);
      });
    }

  it('shows numbers newer than the index to whoever asks again', async () => {
    const { index } = await get('/v1/scores/orders/orders-1');
    board.publish('orders', [instanceScore({ evaluation: 7 })]);
    const again = await get(`/v1/scores/orders/orders-1?index=${index}&wait=1ms`);
    expect(again.index).to.equal(index);
    expect(again.body).to.deep.include({ evaluation: 7 });
  });

  it('counts small steps from what the reader was told, not from the last evaluation', async () => {
    const { index } = await get('/v1/scores/orders/orders-1');
    for (let smoothed = 100; smoothed > 93; smoothed -= 0.4) board.publish('orders', [instanceScore({ smoothed })]);
    expect((await get('/v1/scores/orders/orders-1')).index).to.be.above(index);
  });

  it('tells a reader who waits for one that left that it is gone', async () => {
    const { index } = await get('/v1/scores/orders/orders-1');
    const read = get(`/v1/scores/orders/orders-1?index=${index}&wait=1m`);
    await eventually(() => board.waiting === 1);
    board.retain('orders', new Set());
    expect((await read).body).to.deep.include({ status: 404, code: 'INSTANCE_NOT_FOUND' });
  });

  it('shows scores, zones, scrapes, readers and errors as metrics', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    for (const line of [
      'ballast_score{service="orders",instance="orders-2"} 20',
      'ballast_zone{service="orders",instance="orders-2",zone="red"} 1',
      'ballast_zone{service="orders",instance="orders-2",zone="green"} 0',
      'ballast_discovery{service="users",state="waiting"} 1',
      'ballast_scrape_duration_seconds_count{level="app",outcome="page"} 1',
      'ballast_evaluations_total{service="orders",outcome="done"} 1',
      'ballast_store_files_replaced_total 2',
      'ballast_blocking_readers 0',
      'ballast_scrapes_skipped_total 2',
      'ballast_store_errors_total 3',
    ])
      expect(text.split('\n')).to.include(line);
    board.retain('orders', new Set());
    expect(await (await fetch(`${server.url}/metrics`)).text()).not.to.match(/^ballast_score\{/m);
  });
});

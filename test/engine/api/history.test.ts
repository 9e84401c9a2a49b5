import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as defaults from '../../../config/defaults.js';
import { explanationSchema, historySchema, type HistoryResponse } from '../../../engine/client/index.js';
import { createPast } from '../../../engine/past/index.js';
import { HistoryStore } from '../../../engine/store/index.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';
import { startEngineApi, type EngineApi } from '../../support/engine-api.js';
import { policyFor } from '../../support/policy.js';
import { instanceScore, metricScore } from '../../support/scores.js';

const HOUR = 3_600_000;
const policy = policyFor(`
service: orders
metrics: {cpu: {query: cpu_share, good: 70%, critical: 95%, weight: 1}}
`);

describe('history over HTTP', () => {
  let folder: string;
  let clock: VirtualClock;
  let store: HistoryStore;
  let api: EngineApi;
  let start: number;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-history-api-'));
    clock = new VirtualClock();
    start = clock.now();
    const log = createLog({ level: 'silent', name: 'test' });
    store = new HistoryStore({ path: join(folder, 'history.db'), limits: defaults.engine.history, clock, log });
    const policyOf = (service: string) => (service === 'orders' ? policy : null);
    const past = createPast({ store, clock, policyOf, present: () => null });
    api = await startEngineApi(['orders'], { clock, past });
    // Two hours, an evaluation each 10 s, of which the seventh is red.
    for (let i = 0; i < 720; i += 1) {
      const score = i % 7 === 0 ? 20 : 90;
      const zone = score < 50 ? 'red' : 'green';
      const change = { at: clock.now(), score, smoothed: 80, zone, policy: policy.hash } as const;
      store.record(instanceScore(change), [
        metricScore({ value: i / 1_000, penalty: 0.25 }),
        metricScore({ name: 'memory', value: 1 }),
      ]);
      clock.jump(10_000);
    }
    while (store.flush());
    store.tidy();
    api.board.publish('orders', [instanceScore(), instanceScore({ instance: 'orders-2' })]);
  });
  after(async () => {
    await api.server.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (query: string, instance = 'orders-1') => {
    const response = await fetch(`${api.server.url}/v1/scores/orders/${instance}/history${query}`);
    return { status: response.status, body: await response.json() };
  };
  const history = async (query: string, instance?: string): Promise<HistoryResponse> =>
    historySchema.parse((await ask(query, instance)).body);

  it('answers the last hour in about 300 points unless asked otherwise', async () => {
    const answer = await history('');
    expect(answer).to.deep.include({ service: 'orders', instance: 'orders-1', end: clock.now(), stepMs: 15_000 });
    expect(answer.start).to.equal(clock.now() - HOUR);
    expect(answer.points).to.have.length(240);
    expect(answer.span).to.deep.equal({ first: start, last: clock.now() - 10_000 });
    expect(answer.points.every(({ metrics }) => metrics === undefined)).to.equal(true);
  });

  it('gives least, mean and largest, the worst zone and the shares of each step', async () => {
    const { points, parts } = await history(`?start=${start / 1000}&end=${(start + HOUR) / 1000}&step=1m`);
    expect(parts.map(({ resolution }) => resolution)).to.deep.equal(['minute']);
    expect(points).to.have.length(60);
    expect(points[0]).to.deep.include({
      at: start,
      evaluations: 6,
      zone: 'red',
      smoothed: { min: 80, mean: 80, max: 80 },
    });
    expect(points[0]?.score?.min).to.equal(20);
    expect(points[0]?.score?.max).to.equal(90);
    expect(points[0]?.score?.mean).to.be.closeTo((20 + 5 * 90) / 6, 0.01);
    expect(points[0]?.zones.red).to.be.closeTo(1 / 6, 1e-9);
  });

  it('gives the metrics that are asked for, or all', async () => {
    const one = await history(`?start=-10m&step=1m&metrics=memory`);
    expect(one.points[0]?.metrics).to.deep.equal({
      memory: { value: { min: 1, mean: 1, max: 1 }, penalty: { min: 0, mean: 0, max: 0 } },
    });
    const all = await history(`?start=-10m&step=1m&metrics=*`);
    expect(Object.keys(all.points[0]?.metrics ?? {})).to.deep.equal(['cpu', 'memory']);
    expect(all.points[0]?.metrics?.['cpu']?.penalty).to.deep.equal({ min: 0.25, mean: 0.25, max: 0.25 });
  });

  it('takes times as people and programs write them', async () => {
    const same = new Date(start + HOUR).toISOString();
    for (const at of [same, String((start + HOUR) / 1_000), String(start + HOUR), '-1h'])
      expect((await history(`?start=${encodeURIComponent(at)}&end=now`)).start).to.equal(start + HOUR);
  });

  it('is empty, not wrong, where nothing was kept', async () => {
    const answer = await history(`?start=-5h&end=-4h`);
    expect(answer.points).to.deep.equal([]);
    expect(answer.span?.first).to.equal(start);
    expect(await history('', 'orders-2')).to.deep.include({ points: [], span: null });
  });

  for (const [query, message, hint] of [
    ['?start=yesterday', /start=yesterday is no time/, /-15m/],
    ['?end=2030-13-01', /end=2030-13-01 is no time/, /2026-11-26T14:03:00Z/],
    ['?start=-5m&end=-10m', /start is not before end/, /hour before/],
    ['?step=fast', /step=fast is no step/, /15s/],
    ['?step=0s', /step=0s is no step/, /at least 1s/],
    ['?step=10ms', /step=10ms is no step/, /at least 1s/],
    ['?start=-90d&step=1m', /step 60s makes 129600 points, at most 5000/, /a step of 1556s or more/],
    ['?start=-7h&step=30s', /a step under 1m is answered for at most 6 hours/, /a step of 1m/],
    ['?start=-3d&step=10m&metrics=*', /metrics by less than an hour are answered for at most 2 days/, /step of 1h/],
    ['?start=-1h&step=1s&metrics=*', /at most 1000 are answered with metrics/, /a step of 4s/],
    ['?start=-99999999999d', /is no time/, /./],
    ['?metrics=cpo', /no metric cpo was judged/, /did you mean "cpu"/],
    ['?from=-1h', /takes no parameter from/, /start, end, step, metrics/],
    ['?start=-1h&start=-2h', /start was given more than once/, /^$/],
  ] as const)
    it(`refuses ${query} clearly`, async () => {
      const { status, body } = await ask(query);
      expect(status).to.equal(400);
      expect(body).to.have.property('detail').that.matches(message);
      expect((body as { hint?: string }).hint ?? '').to.match(hint);
    });

  it('says who is known instead of a stranger', async () => {
    expect(await ask('', 'orders-9')).to.deep.include({ status: 404 });
    expect((await ask('', 'orders-9')).body).to.have.property('code', 'INSTANCE_NOT_FOUND');
  });

  it('explains a past time in the form of the present, and refuses one that it does not know', async () => {
    const explain = async (at: string) => fetch(`${api.server.url}/v1/scores/orders/orders-1/explain?at=${at}`);
    const answer = explanationSchema.parse(await (await explain('-1h')).json());
    expect(answer.past).to.deep.include({ asked: clock.now() - HOUR, resolution: 'raw' });
    expect(answer.metrics.map(({ name }) => name)).to.deep.equal(['cpu']);
    const before = await explain('-1d');
    expect(before.status).to.equal(404);
    expect(await before.json())
      .to.have.property('hint')
      .that.matches(/its history reaches from 2030-01-01T00:00:00/);
    expect((await explain('soon')).status).to.equal(400);
  });
});

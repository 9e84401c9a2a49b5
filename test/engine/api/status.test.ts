import { expect } from 'chai';
import { serviceZone } from '../../../engine/api/status.js';
import type { InstanceScore } from '../../../engine/client/index.js';
import { startEngineApi, type EngineApi } from '../../support/engine-api.js';
import { VirtualClock } from '../../fakes/clock.js';
import { instanceScore } from '../../support/scores.js';

describe('status lines', () => {
  let api: EngineApi;
  let clock: VirtualClock;

  beforeEach(async () => {
    clock = new VirtualClock();
    api = await startEngineApi(['orders', 'users'], { clock });
  });
  afterEach(() => api.server.close());

  const publish = (...scores: readonly Partial<InstanceScore>[]): void =>
    api.board.publish(
      'orders',
      scores.map((score, i) => instanceScore({ instance: `orders-${i + 1}`, at: clock.now(), ...score })),
    );
  const ask = async (path: string, method = 'GET'): Promise<readonly [status: number, text: string]> => {
    const answer = await fetch(`${api.server.url}/v1/status/${path}`, { method });
    expect(answer.headers.get('content-type')).to.match(/^text\/plain|problem/);
    return [answer.status, await answer.text()];
  };

  it('tell an instance: name, zone, score, freshness, and why', async () => {
    publish({ score: 97.46, why: 'score 97.4 (green is from 80)' });
    expect(await ask('orders/orders-1')).to.deep.equal([
      200,
      'orders-1 green 97.4 fresh up: score 97.4 (green is from 80)\n',
    ]);
  });

  it('never round a score up, and say what is not known', async () => {
    publish({ zone: 'red', score: 49.96 }, { zone: 'unknown', score: null });
    expect((await ask('orders/orders-1'))[1]).to.match(/^orders-1 red 49\.9 fresh /);
    expect((await ask('orders/orders-2'))[1]).to.match(/^orders-2 unknown - fresh /);
  });

  it('say what Consul says against an instance, and count who is in maintenance', async () => {
    publish(
      { consul: 'maintenance', consulWhy: 'it is in maintenance: new disk' },
      { consul: 'maintenance' },
      { consul: 'critical', consulWhy: 'http, ttl' },
      {},
    );
    const words = async (n: number): Promise<string | undefined> =>
      (await ask(`orders/orders-${n}`))[1].split('; Consul: ')[1];
    expect(await words(1)).to.equal('it is in maintenance: new disk\n');
    expect(await words(2)).to.equal('it is in maintenance\n');
    expect(await words(3)).to.equal('critical (http, ttl)\n');
    expect(await words(4)).to.equal(undefined);
    expect((await ask('orders'))[1]).to.match(/ maintenance=2\n$/);
  });

  it('are stale after three intervals without an evaluation', async () => {
    publish({ intervalMs: 5_000 });
    clock.jump(15_000);
    expect((await ask('orders/orders-1'))[1]).to.match(/^orders-1 green 100 fresh /);
    clock.jump(1);
    expect((await ask('orders/orders-1'))[1]).to.match(/^orders-1 green 100 stale /);
    expect((await ask('orders'))[1]).to.match(/^orders green 100 stale /);
  });

  it('count the zones of a service, with its worst score', async () => {
    publish({}, { zone: 'red', score: 20 }, { zone: 'yellow', score: 60 }, { zone: 'unknown', score: null });
    expect(await ask('orders')).to.deep.equal([
      200,
      'orders yellow 20 fresh green=1 yellow=1 red=1 unknown=1 discovery=waiting maintenance=0\n',
    ]);
    expect((await ask('users'))[1]).to.equal(
      'users unknown - stale green=0 yellow=0 red=0 unknown=0 discovery=waiting maintenance=0\n',
    );
  });

  it('answer 503 on red when asked strictly, on unknown only when that is asked for', async () => {
    publish({}, { zone: 'red', score: 20 }, { zone: 'unknown', score: null }, { zone: 'yellow', score: 60 });
    const status = async (path: string): Promise<number> => (await ask(path))[0];
    expect(await status('orders/orders-2')).to.equal(200);
    expect(await status('orders/orders-2?strict')).to.equal(503);
    expect(await status('orders/orders-2?strict=red')).to.equal(503);
    expect(await status('orders/orders-3?strict')).to.equal(200);
    expect(await status('orders/orders-3?strict=unknown')).to.equal(503);
    for (const strict of ['', '?strict', '?strict=unknown']) {
      expect(await status(`orders/orders-1${strict}`)).to.equal(200);
      expect(await status(`orders/orders-4${strict}`)).to.equal(200);
    }
    expect(await status('users?strict')).to.equal(200);
    expect(await status('users?strict=unknown')).to.equal(503);
    expect(await status('orders?strict=maybe')).to.equal(400);
  });

  it('answer HEAD alike, without the line', async () => {
    publish({ zone: 'red', score: 20 });
    expect(await ask('orders/orders-1?strict', 'HEAD')).to.deep.equal([503, '']);
    expect(await ask('orders/orders-1', 'HEAD')).to.deep.equal([200, '']);
  });

  it('say of nobody that there is none', async () => {
    expect((await ask('payments'))[0]).to.equal(404);
    expect((await ask('orders/orders-9'))[0]).to.equal(404);
  });

  const zones = (green: number, yellow: number, red: number, unknown: number) => ({ green, yellow, red, unknown });
  for (const [counts, expected] of [
    [zones(0, 0, 0, 0), 'unknown'],
    [zones(8, 0, 0, 0), 'green'],
    [zones(7, 0, 1, 0), 'yellow'],
    [zones(7, 0, 0, 1), 'yellow'],
    [zones(1, 0, 1, 0), 'yellow'],
    [zones(1, 0, 2, 0), 'red'],
    [zones(0, 1, 2, 0), 'red'],
    [zones(0, 0, 1, 0), 'red'],
    [zones(2, 0, 0, 2), 'yellow'],
    [zones(1, 0, 0, 2), 'unknown'],
    [zones(0, 0, 1, 2), 'unknown'],
  ] as const)
    it(`make of ${Object.values(counts).join('/')} a service that is ${expected}`, () => {
      expect(serviceZone(counts)).to.equal(expected);
    });
});

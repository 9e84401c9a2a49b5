import { expect } from 'chai';
import type { MaintenanceWindow } from '../../../config/index.js';
import type { Listening } from '../../../lib/http/server.js';
import { serve } from '../../../lib/http/endpoints.js';
import { createLog } from '../../../lib/log.js';
import { Controls } from '../../../scheduler/api/controls.js';
import { maintenanceEndpoints } from '../../../scheduler/api/maintenance.js';
import { modeEndpoints } from '../../../scheduler/api/mode.js';
import { controlSchema } from '../../../scheduler/client/index.js';
import { decide } from '../../../scheduler/decide.js';
import type { Journal, NewEntry } from '../../../scheduler/journal/index.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { listenTo } from '../../support/api.js';
import { policyFor } from '../../support/policy.js';
import { actingPolicy, aWorld } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });
const now = Date.parse('2026-11-29T01:30:00Z');
const night: MaintenanceWindow = {
  cron: '0 2 * * 0',
  timezone: 'Europe/Berlin',
  forMs: 7_200_000,
  reason: 'patch night',
};

describe('maintenance and modes over HTTP', () => {
  let server: Listening;
  let consul: FakeConsul;
  let lines: NewEntry[];

  const ask = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };

  beforeEach(async () => {
    consul = new FakeConsul();
    lines = [];
    const clock = new VirtualClock(now);
    const mirror = new KvMirror(consul, 'b/control/', controlSchema, log, () => undefined);
    await mirror.refresh();
    const journal: Pick<Journal, 'write'> = { write: (entries) => lines.push(...entries) };
    const controls = new Controls(mirror, journal as Journal, clock);
    const world = aWorld(now).service('orders').instances(2).build();
    const decision = decide(world, { services: new Map() }, { maxActions: 10, maxConcurrent: 1 }, now);
    const users = policyFor('service: users\npreset: node\n');
    const shown = () => ({ world, decision, at: now });
    const services = () => [actingPolicy('orders').service, users.service];
    const endpoints = [
      ...maintenanceEndpoints({
        ...{ controls, services, shown },
        windows: () => [
          [null, []],
          ['orders', [night]],
        ],
        now: () => now,
      }),
      ...modeEndpoints({
        controls,
        policies: () => [actingPolicy('orders'), users],
        shown,
        now: () => now,
      }),
    ];
    server = await listenTo((express) => serve(express, endpoints));
  });
  afterEach(() => server.close());

  it('maintenance by hand is kept in Consul, listed beside the windows, told with its author, and ended', async () => {
    const said = { scope: 'orders', author: 'ana', reason: 'disks', until: '2026-11-29T04:00:00.000Z' };
    expect((await ask('POST', '/v1/maintenance', said)).status).to.equal(201);
    expect(consul.writes).to.deep.equal(['b/control/maintenance/service/orders']);
    expect(await ask('GET', '/v1/maintenance')).to.deep.equal({
      status: 200,
      body: {
        maintenance: [{ ...said, kind: 'maintenance', scope: 'service/orders', since: new Date(now).toISOString() }],
        windows: [
          {
            service: 'orders',
            ...night,
            openUntil: '2026-11-29T03:00:00.000Z',
            next: '2026-12-06T01:00:00.000Z',
          },
        ],
      },
    });
    expect((await ask('DELETE', '/v1/maintenance?scope=orders&author=ben')).status).to.equal(200);
    expect(lines.map(({ kind, code, service, text }) => ({ kind, code, service, text }))).to.deep.equal([
      {
        kind: 'human',
        code: 'MAINTENANCE',
        service: 'orders',
        text: 'ana put service/orders into maintenance until 2026-11-29T04:00:00.000Z: disks',
      },
      { kind: 'human', code: 'MAINTENANCE', service: 'orders', text: 'ben ended the maintenance of service/orders' },
    ]);
    expect((await ask('DELETE', '/v1/maintenance?scope=orders')).body).to.deep.include({ code: 'NOT_IN_MAINTENANCE' });
  });

  it('a maintenance that would never hold, or of nothing, is refused', async () => {
    const past = { scope: 'orders', author: 'ana', reason: 'x', until: '2026-11-29T01:00:00Z' };
    expect((await ask('POST', '/v1/maintenance', past)).status).to.equal(400);
    const nothing = { scope: 'a b', author: 'ana', reason: 'x' };
    expect((await ask('POST', '/v1/maintenance', nothing)).status).to.equal(400);
    expect((await ask('POST', '/v1/maintenance', { ...nothing, scope: 'order' })).body).to.include({
      code: 'NOT_FOUND',
      hint: 'did you mean "orders"?',
    });
    expect(consul.writes).to.deep.equal([]);
  });

  it('a mode is set for a service or for all, and shown beside what the file allows', async () => {
    expect((await ask('PUT', '/v1/mode/orders', { heal: 'observe', author: 'ana', reason: 'odd' })).status).to.equal(
      200,
    );
    expect((await ask('PUT', '/v1/mode', { heal: 'suggest', author: 'ana', reason: 'holidays' })).status).to.equal(200);
    expect(consul.writes).to.deep.equal(['b/control/mode/service/orders', 'b/control/mode/all']);
    const { body } = await ask('GET', '/v1/mode/users');
    expect(body).to.have.nested.property('modes[0].scope', 'all');
    expect(body).to.have.deep.property('services', [{ service: 'users', file: 'observe', inForce: 'observe' }]);
    expect((await ask('GET', '/v1/mode')).body)
      .to.have.property('modes')
      .with.length(2);
    expect(lines[0]?.text).to.equal('ana set the mode of service/orders to observe: odd');
  });

  it('a mode above what the file allows is refused, with where to change it', async () => {
    const { status, body } = await ask('PUT', '/v1/mode/users', { heal: 'act', author: 'ana', reason: 'now' });
    expect(status).to.equal(409);
    expect(body).to.deep.include({
      code: 'ABOVE_FILE',
      detail: 'users may not act: heal.mode is observe in test.yaml',
      hint: 'the file is the ceiling; write "heal: {mode: act}" there',
    });
    expect((await ask('PUT', '/v1/mode/nobody', { heal: 'act', author: 'ana', reason: 'now' })).status).to.equal(404);
    expect((await ask('PUT', '/v1/mode', { heal: 'kill', author: 'ana', reason: 'now' })).status).to.equal(400);
    expect(consul.writes).to.deep.equal([]);
  });
});

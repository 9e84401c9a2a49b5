import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { configStateSchema, reloadSchema } from '../../config/wire.js';
import { systemClock } from '../../lib/clock.js';
import { planSchema, type Plan } from '../../scheduler/client/index.js';
import { runScheduler, type RunningService } from '../../scheduler/main.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { hearLog } from '../support/log.js';
import { describeWith } from '../support/parts.js';
import { freePort } from '../support/ports.js';

const service = (name: string, more = ''): string =>
  `service: ${name}\npreset: node\ntraffic: {upstream: ${name}}\n${more}`;

describeWith('consul', "the scheduler's configuration, while it runs", function () {
  this.timeout(30_000);
  let consul: RunningConsul;
  let folder: string;
  let scheduler: RunningService;

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const ballast = async (more = ''): Promise<void> =>
    write(
      'ballast.yaml',
      `consul: {url: "${consul.url}", prefix: ballast-reload-test/}\nscheduler: {listen: {port: ${port}}, data: data, engine: {url: "http://127.0.0.1:1"}${more}}\n`,
    );
  let port = 0;
  const get = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> =>
    schema.parse(await (await fetch(scheduler.url + path)).json());
  const reload = (): Promise<Response> => fetch(`${scheduler.url}/-/reload`, { method: 'POST' });
  const planned = async (): Promise<Plan['services']> => (await get('/v1/plan', planSchema)).services;
  const names = async (): Promise<string[]> => (await planned()).map((each) => each.service).sort();
  const register = async (name: string): Promise<void> => {
    const body = JSON.stringify({ ID: `${name}-1`, Name: name, Address: '127.0.0.1', Port: 9 });
    await fetch(`${consul.url}/v1/agent/service/register`, { method: 'PUT', body });
  };

  before(async () => {
    consul = await startConsul();
  });
  after(() => consul.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-scheduler-reload-'));
    mkdirSync(join(folder, 'services'));
    port = await freePort();
    await ballast();
    write('services/orders.yaml', service('orders'));
    await Promise.all(['orders', 'users'].map(register));
    scheduler = await runScheduler({ configDirectory: folder, clock: systemClock, log: hearLog().log });
    await eventually(async () => expect(await names()).to.deep.equal(['orders']), { timeoutMs: 10_000 });
  });
  afterEach(async () => {
    await scheduler.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('decides by what the files say now: services that came, changed and went', async () => {
    write('services/users.yaml', service('users'));
    write('services/orders.yaml', service('orders', 'heal: {mode: act}\nruntime: docker\n'));
    const { changes } = reloadSchema.parse(await (await reload()).json());
    expect(changes).to.deep.equal({ added: ['users'], changed: ['orders'], removed: [] });
    await eventually(async () => expect(await names()).to.deep.equal(['orders', 'users']));
    const modes = (await planned()).map((each) => [each.service, each.mode.heal, each.servers.length]);
    expect(modes).to.have.deep.members([
      ['orders', 'act', 1],
      ['users', 'observe', 1],
    ]);
    // Seen by the watch alone.
    rmSync(join(folder, 'services', 'orders.yaml'));
    await eventually(async () => expect(await names()).to.deep.equal(['users']));
  });

  it('lets one new service whose selector Consul refuses hold up nothing else', async () => {
    write('services/users.yaml', `${service('users')}selector: 'no such ['\n`);
    expect((await reload()).status).to.equal(200);
    await register('orders');
    write('services/orders.yaml', service('orders', 'heal: {mode: act}\nruntime: docker\n'));
    expect((await reload()).status).to.equal(200);
    await eventually(async () => expect((await planned()).map((each) => each.mode.heal)).to.deep.equal(['act']));
    expect(await (await fetch(`${scheduler.url}/-/ready`)).text()).to.match(/no answer from Consul yet for users/);
    write('services/users.yaml', service('users'));
    expect((await reload()).status).to.equal(200);
    await eventually(async () => expect(await names()).to.deep.equal(['orders', 'users']));
  });

  it('narrows a service by its selector at once: that is no catalog that forgets', async () => {
    const tagged = JSON.stringify({ ID: 'orders-2', Name: 'orders', Tags: ['prod'], Address: '127.0.0.1', Port: 10 });
    await fetch(`${consul.url}/v1/agent/service/register`, { method: 'PUT', body: tagged });
    const others = [3, 4, 5].map((n) => JSON.stringify({ ID: `orders-${n}`, Name: 'orders', Port: 10 + n }));
    for (const body of others) await fetch(`${consul.url}/v1/agent/service/register`, { method: 'PUT', body });
    const servers = async () => (await planned()).flatMap((each) => each.servers.map(({ instance }) => instance));
    await eventually(async () => expect(await servers()).to.have.length(5));
    write('services/orders.yaml', service('orders', 'selector: \'"prod" in Service.Tags\'\n'));
    await reload();
    await eventually(async () => expect(await servers()).to.deep.equal(['orders-2']), { timeoutMs: 3_000 });
    for (const n of [2, 3, 4, 5])
      await fetch(`${consul.url}/v1/agent/service/deregister/orders-${n}`, { method: 'PUT' });
  });

  it('keeps the last good one, and names what needs a restart', async () => {
    write('services/orders.yaml', service('orders', 'heel: {}\n'));
    expect((await reload()).status).to.equal(422);
    expect(await (await fetch(`${scheduler.url}/-/ready`)).text()).to.match(/the configuration is refused/);
    expect(await (await fetch(`${scheduler.url}/metrics`)).text()).to.match(
      /^ballast_config_last_reload_successful 0$/m,
    );
    expect(await names()).to.deep.equal(['orders']);
    write('services/orders.yaml', service('orders'));
    await ballast(', max_concurrent: 2, max_actions: 3/h');
    const { needsRestart } = reloadSchema.parse(await (await reload()).json());
    expect(needsRestart).to.deep.equal([]);
    port += 1;
    await ballast();
    await reload();
    expect((await get('/v1/config', configStateSchema)).needsRestart).to.deep.equal(['scheduler.listen']);
    expect((await fetch(`${scheduler.url}/-/reload`)).status).to.equal(405);
  });
});

/** The built command against fake services that speak the wire schemas. */
import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { explanationSchema, scoresResponseSchema } from '../../engine/client/index.js';
import { packageRoot } from '../../lib/paths.js';
import { isoTime } from '../../lib/time.js';
import {
  actionSchema,
  instanceViewSchema,
  journalEntrySchema,
  leaderViewSchema,
  maintenanceResponseSchema,
  modesResponseSchema,
  pauseSchema,
  planSchema,
} from '../../scheduler/client/index.js';
import { startFakeService } from '../fakes/service.js';
import type { FakeService, Routes } from '../fakes/service.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { action, explanation, instances, journal, maintenance, modes, noon, plan, scores } from '../support/wire.js';

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const engineRoutes: Routes = {
  'GET /v1/scores': () => ({ body: z.encode(scoresResponseSchema, scores) }),
  'GET /v1/scores/orders/orders-2/explain': () => ({ body: z.encode(explanationSchema, explanation) }),
};

const pauseBody = z.strictObject({
  scope: z.string(),
  author: z.string(),
  reason: z.string(),
  until: isoTime.nullable(),
});

const schedulerRoutes: Routes = {
  'GET /v1/instances': () => ({ body: { instances: instances.map((one) => z.encode(instanceViewSchema, one)) } }),
  'GET /v1/plan': (_, { headers }) =>
    headers.accept === 'text/plain'
      ? { type: 'text/plain', body: 'orders -> upstream orders: degraded\n' }
      : { body: z.encode(planSchema, plan) },
  'GET /v1/actions': () => ({ body: { actions: [z.encode(actionSchema, action)] } }),
  'GET /v1/journal': () => ({ body: { entries: journal.map((entry) => z.encode(journalEntrySchema, entry)) } }),
  'GET /v1/leader': () => ({
    body: z.encode(leaderViewSchema, { leader: true, node: 'n1', token: 7, since: noon, text: 'token 7' }),
  }),
  'GET /v1/pause': () => ({ body: { pauses: [] } }),
  'GET /v1/maintenance': () => ({ body: z.encode(maintenanceResponseSchema, maintenance) }),
  'GET /v1/mode': () => ({ body: z.encode(modesResponseSchema, modes) }),
  'POST /v1/pause': (body) => {
    const pause = { kind: 'pause' as const, ...pauseBody.decode(body as z.input<typeof pauseBody>), since: noon };
    return pause.scope === 'payments'
      ? {
          status: 409,
          body: { type: 'urn:x', title: 'Conflict', status: 409, detail: 'an older pause holds', code: 'HELD' },
        }
      : { status: 201, body: z.encode(pauseSchema, pause) };
  },
  'DELETE /v1/pause': () => ({ body: { scope: 'all' } }),
};

describe('the ballast command', function () {
  this.timeout(20_000);
  let engine: FakeService;
  let scheduler: FakeService;
  let nowhere = '';

  const environment = (change: Readonly<Record<string, string>>) => ({
    ...{ PATH: process.env['PATH'] ?? '', TZ: 'UTC' },
    ...{ BALLAST_ENGINE_URL: engine.url, BALLAST_SCHEDULER_URL: scheduler.url, ...change },
  });
  const ballast = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(process.execPath, [main, ...args], { env: environment(env), cwd: packageRoot }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });

  before(async () => {
    [engine, scheduler] = await Promise.all([startFakeService(engineRoutes), startFakeService(schedulerRoutes)]);
    nowhere = `http://127.0.0.1:${await freePort()}`;
  });
  after(async () => {
    await Promise.all([engine.stop(), scheduler.stop()]);
  });

  it('status: data on stdout, nothing else there', async () => {
    const { code, out, err } = await ballast(['status']);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out)
      .to.match(/^SERVICE +STATE/)
      .and.to.match(/^orders +degraded/m)
      .and.to.match(/^Leader: n1 \(token 7\)$/m)
      .and.to.match(/^In maintenance: orders by ana until 2099-01-01 00:00:00: disks$/m)
      .and.to.match(/^Mode: orders at most observe by ana: odd$/m);
  });

  it('status SERVICE and status INSTANCE', async () => {
    const [service, instance] = await Promise.all([ballast(['status', 'orders']), ballast(['status', 'orders-2'])]);
    expect(service.out)
      .to.match(/^orders +orders-2 +✖ red/m)
      .and.to.match(/^orders +orders-1 +● green/m);
    expect(instance.out)
      .to.match(/^RED score 20/m)
      .and.to.match(/^held back by DWELL/m)
      .and.not.to.include('orders-1');
  });

  it('status shows what it can while a service is away, and fails', async () => {
    const { code, out, err } = await ballast(['status', '--scheduler', nowhere]);
    expect(code).to.equal(1);
    expect(out).to.match(/^orders /m);
    expect(err)
      .to.include(`the scheduler cannot be reached: ${nowhere}`)
      .and.to.include('ballast scheduler run --config DIR');
  });

  for (const [resource, expected] of [
    ['services', /^orders +degraded/m],
    ['instances', /^orders +orders-2 +✖ red/m],
    ['scores', /^orders +orders-2 +✖ red +20 +24\.2/m],
    ['actions', /^a1 +restart +orders\/orders-2 +draining/m],
    ['journal', /RED +orders\/orders-2 +3 of 3 evaluations/m],
  ] as const) {
    it(`get ${resource}`, async () => {
      const { code, out, err } = await ballast(['get', resource]);
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(out).to.match(expected);
    });
  }

  it('get --filter asks the engine for scores, and sifts other rows itself', async () => {
    await ballast(['get', 'scores', '--filter', 'zone == "red"']);
    expect(engine.asked.at(-1)?.request).to.equal('GET /v1/scores?filter=zone+%3D%3D+%22red%22');
    const red = await ballast(['get', 'instances', '--filter', 'zone == red and score < 40', '-o', 'name']);
    expect(red.out).to.equal('orders/orders-2\n');
    const none = await ballast(['get', 'actions', '--filter', 'phase == "closed"']);
    expect({ code: none.code, out: none.out }).to.deep.equal({ code: 0, out: '' });
  });

  it('get --filter says what is wrong with an expression, and where', async () => {
    const { code, err } = await ballast(['get', 'journal', '--filter', 'cod == "RED"']);
    expect(code).to.equal(64);
    expect(err).to.include('position 1: there is no field cod').and.to.include('did you mean "code"?');
  });

  it('explain --at asks for that time, and tells no present decisions', async () => {
    const { code, out } = await ballast(['explain', 'orders-2', '--at', new Date(noon).toISOString()]);
    expect(code).to.equal(0);
    expect(engine.asked.at(-1)?.request).to.equal(
      `GET /v1/scores/orders/orders-2/explain?at=${new Date(noon).toISOString()}`,
    );
    expect(out).not.to.match(/^Now: /m);
    const wrong = await ballast(['explain', 'orders-2', '--at', 'soon']);
    expect(wrong.code).to.equal(64);
    expect(wrong.err).to.include('--at soon is no time').and.to.include('-15m');
  });

  it('get -o json is what the API said', async () => {
    const { out } = await ballast(['get', 'journal', 'orders/orders-2', '-o', 'json']);
    expect(z.array(journalEntrySchema).decode(JSON.parse(out) as z.input<typeof journalEntrySchema>[])).to.deep.equal(
      journal,
    );
    expect(scheduler.asked.at(-1)?.request).to.equal('GET /v1/journal?service=orders&instance=orders-2&limit=50');
  });

  it('get -w prints each line of the journal once, until it is ended', async () => {
    const child = spawn(process.execPath, [main, 'get', 'journal', '-w'], { env: environment({}) });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await eventually(() => expect(out).to.include('APPLIED'), { timeoutMs: 10_000 });
    child.kill('SIGINT');
    expect(await ended).to.equal(0);
  });

  it('explain: headline, table, peers, decisions, what holds now', async () => {
    const { code, out } = await ballast(['explain', 'orders-2']);
    expect(code).to.equal(0);
    expect(out.split('\n')[0]).to.equal(explanation.sentence);
    expect(out)
      .to.match(/^app level +score 20 +-80\.0$/m)
      .and.to.match(/^Peers: median 96/m);
    expect(out)
      .to.match(/RED +3 of 3 evaluations/m)
      .and.to.match(/^Now: out/m);
  });

  it('explain without the scheduler still explains the score', async () => {
    const { code, out, err } = await ballast(['explain', 'orders/orders-2'], { BALLAST_SCHEDULER_URL: nowhere });
    expect(code).to.equal(0);
    expect(out).to.include(explanation.sentence);
    expect(err).to.include('no decisions are shown: the scheduler cannot be reached');
  });

  it('explain tells what was done to one that left the catalog half-way through its restart', async () => {
    const services = scores.services.map((service) => ({ ...service, instances: [] }));
    const empty = await startFakeService({
      'GET /v1/scores': () => ({ body: z.encode(scoresResponseSchema, { ...scores, services }) }),
    });
    const { code, out, err } = await ballast(['explain', 'orders-2', '--engine', empty.url]);
    await empty.stop();
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out)
      .to.include("orders-2 has no score: it is not in Consul's catalog now.")
      .and.to.match(/RED +3 of 3 evaluations/m);
  });

  it('asks for the service of a name that two services have', async () => {
    const { code, out, err } = await ballast(['explain', 'same']);
    expect({ code, out }).to.deep.equal({ code: 64, out: '' });
    expect(err).to.include('write one of orders/same, users/same');
  });

  it('guesses what was meant', async () => {
    const { code, err } = await ballast(['explain', 'order-2']);
    expect(code).to.equal(1);
    expect(err).to.include('did you mean "orders-2"?');
  });

  it('plan is the canonical text; --exit-code tells whether all of it is in force', async () => {
    expect(await ballast(['plan'])).to.deep.equal({ code: 0, out: 'orders -> upstream orders: degraded\n', err: '' });
    expect((await ballast(['plan', '--exit-code'])).code).to.equal(0);
    const pending = await startFakeService({
      ...schedulerRoutes,
      'GET /v1/instances': () => ({
        body: { instances: instances.map((one) => z.encode(instanceViewSchema, { ...one, applied: 50 })) },
      }),
    });
    expect((await ballast(['plan', '--exit-code'], { BALLAST_SCHEDULER_URL: pending.url })).code).to.equal(2);
    await pending.stop();
  });

  it('pause and resume carry name, reason and end', async () => {
    const paused = await ballast([
      'pause',
      'orders',
      '--reason',
      'deploy',
      '--until',
      '2099-01-01T00:00:00Z',
      '--author',
      'ana',
    ]);
    expect(paused).to.deep.equal({ code: 0, out: '', err: 'orders is paused by ana until 2099-01-01 00:00:00\n' });
    expect(scheduler.asked.at(-1)?.body).to.deep.equal({
      ...{ scope: 'orders', author: 'ana', reason: 'deploy', until: '2099-01-01T00:00:00.000Z' },
    });
    const resumed = await ballast(['resume', 'orders', '--author', 'ana']);
    expect(resumed.code).to.equal(0);
    expect(scheduler.asked.at(-1)?.request).to.equal('DELETE /v1/pause?scope=orders&author=ana');
  });

  it('a refusal exits with 4', async () => {
    const { code, err } = await ballast(['pause', 'payments', '--reason', 'x']);
    expect(code).to.equal(4);
    expect(err).to.include('an older pause holds');
  });

  it('sends the token of the environment, and never shows it', async () => {
    const { out, err } = await ballast(['get', 'scores'], { BALLAST_TOKEN: 's3cret' });
    expect(engine.asked.at(-1)?.token).to.equal('Bearer s3cret');
    expect(out + err).not.to.include('s3cret');
  });

  it('an answer that is none of ours is told as such', async () => {
    const other = await startFakeService({ 'GET /v1/scores': () => ({ body: { hello: 'world' } }) });
    const { code, out, err } = await ballast(['get', 'scores'], { BALLAST_ENGINE_URL: other.url });
    await other.stop();
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err).to.include(`${other.url}/v1/scores answered something else`);
  });

  for (const args of [
    [],
    ['fish'],
    ['statsu'],
    ['get', 'fish'],
    ['get', 'scores', '-o', 'xml'],
    ['pause'],
    ['pause', 'orders', '--reason', 'x', '--for', 'long'],
    ['pause', 'orders', '--reason', 'x', '--for', '5m', '--until', '2099-01-01T00:00:00Z'],
    ['pause', 'a/b/c', '--reason', 'x'],
    ['engine', 'run'],
    ['--engine', 'nonsense', 'status'],
  ]) {
    it(`usage: ballast ${args.join(' ')}`, async () => {
      const { code, out, err } = await ballast(args);
      expect({ code, out }).to.deep.equal({ code: 64, out: '' });
      expect(err).not.to.equal('');
    });
  }

  it('help and version are fine', async () => {
    const [help, version] = await Promise.all([ballast(['--help']), ballast(['--version'])]);
    expect([help.code, version.code]).to.deep.equal([0, 0]);
    expect(help.out).to.include('explain');
    expect(version.out).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('check config: problems are the data, and fail', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-cli-'));
    writeFileSync(join(folder, 'ballast.yaml'), 'consul: { ulr: x }\n');
    const bad = await ballast(['check', 'config', folder]);
    expect({ code: bad.code, out: bad.out }).to.deep.equal({
      code: 1,
      out: `${folder}/ballast.yaml:1:11: consul.ulr: unknown key "ulr" (did you mean "url"?)\n`,
    });
    const started = await ballast(['scheduler', 'run', '--config', folder]);
    expect(started.code).to.equal(1);
    expect(started.err).to.include('unknown key "ulr"');
    rmSync(folder, { recursive: true });
    expect(await ballast(['check', 'config'])).to.include({ code: 0, out: '' });
  });

  it('check config looks into queries and curves as the engine would', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-cli-'));
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'ballast.yaml'), '{}\n');
    const metrics = [
      '  a: { query: sum(, good: 0, critical: 1 }',
      '  b: { query: b, good: 0, critical: 1, curve: { expression: nothing.p } }',
    ];
    writeFileSync(join(folder, 'services', 'a.yaml'), ['service: a', 'metrics:', ...metrics, ''].join('\n'));
    const { code, out } = await ballast(['check', 'config', folder]);
    rmSync(folder, { recursive: true });
    expect(code).to.equal(1);
    expect(out)
      .to.match(/a\.yaml:3:15: metrics\.a\.query: /)
      .and.to.match(/a\.yaml:4:\d+: metrics\.b\.curve\.expression: /);
  });
});

import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createEngineClient,
  type EngineClient,
  type Explanation,
  type InstanceScore,
} from '../../engine/client/index.js';
import { z } from 'zod';
import { configStateSchema, problemSchema, reloadSchema } from '../../config/wire.js';
import { runEngine, type RunningEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import { createClient } from '../../lib/http/client.js';
import { createLog } from '../../lib/log.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { startInstance, type FakeInstance } from '../support/instance.js';
import { freePort } from '../support/ports.js';
import { describeWith } from '../support/parts.js';

const log = createLog({ level: 'silent', name: 'test' });
const cli = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const PREFIX = 'ballast-engine-test/';

const serviceFile = `
service: orders
scrape: {path: /metrics, interval: 250ms, timeout: 200ms}
metrics:
  process_up: {level: system, up: true, weight: 1, cap: 0, good: 1, critical: 0}
  error_ratio:
    ratio: {bad: 'requests_total{status="500"}', total: requests_total}
    good: 1%
    critical: 10%
    weight: 0.1
    cap: 20
  cpu: {query: cpu_share, good: 70%, critical: 95%, weight: 0.1, cap: 60}
  memory: {query: memory_share, good: 75%, critical: 95%, weight: 0.1, cap: 40}
`;

/** What is shown must add up: points lost and the ceiling's row are all that lies between 100 and the level's score. */
const expectToAddUp = ({ instance, metrics }: Explanation): void => {
  for (const { level, weighted, score, ceiling } of instance.levels) {
    const lost = metrics
      .filter((each) => each.level === level && !each.dryRun)
      .reduce((sum, { pointsLost }) => sum + pointsLost, 0);
    if (weighted === null || score === null) continue;
    expect(100 - lost).to.be.closeTo(weighted, 1e-6);
    expect(weighted - (ceiling?.pointsLost ?? 0)).to.be.closeTo(score, 1e-6);
  }
};

describeWith('consul', 'the engine, on a real Consul', function () {
  this.timeout(60_000);
  let consul: RunningConsul;
  let folder: string;
  let fleet: FakeInstance[];
  let engine: RunningEngine | null;
  let client: EngineClient;

  const config = (): string => join(folder, 'config');
  const configure = (port: number, data = 'data'): void => {
    mkdirSync(join(config(), 'services'), { recursive: true });
    writeFileSync(join(config(), 'services', 'orders.yaml'), serviceFile);
    writeFileSync(
      join(config(), 'ballast.yaml'),
      `consul: {url: "${consul.url}", prefix: ${PREFIX}}\nengine: {listen: {host: 127.0.0.1, port: ${port}}, data: ../${data}}\n`,
    );
  };
  const start = async (data = 'data'): Promise<void> => {
    configure(await freePort(), data);
    engine = await runEngine({ configDirectory: config(), clock: systemClock, log });
    client = createEngineClient(createClient({ baseUrl: engine.url, timeoutMs: 5_000 }));
  };
  const stop = async (): Promise<void> => {
    await engine?.stop();
    engine = null;
  };
  const put = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(`${consul.url}${path}`, { method: 'PUT', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const register = (id: string, { port }: FakeInstance): Promise<void> =>
    put('/v1/agent/service/register', { ID: id, Name: 'orders', Address: '127.0.0.1', Port: port });
  const scores = async (): Promise<Map<string, InstanceScore>> => {
    const { value } = await client.scores(null, new AbortController().signal);
    return new Map(value.services.flatMap(({ instances }) => instances.map((each) => [each.instance, each] as const)));
  };
  const zones = async (): Promise<string> =>
    [...(await scores()).values()]
      .map(({ instance, zone }) => `${instance} ${zone}`)
      .sort()
      .join(', ');
  const until = (expected: string): Promise<unknown> =>
    eventually(async () => expect(await zones()).to.equal(expected), { timeoutMs: 15_000 });
  const first = (): FakeInstance => {
    const [instance] = fleet;
    if (!instance) throw new Error('there is no fleet');
    return instance;
  };
  const allGreen = 'orders-1 green, orders-2 green, orders-3 green';
  const oneIs = (zone: string): string => `orders-1 ${zone}, orders-2 green, orders-3 green`;

  before(async () => {
    consul = await startConsul();
  });
  after(() => consul.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-engine-'));
    fleet = await Promise.all([startInstance(), startInstance(), startInstance()]);
    await Promise.all(fleet.map((instance, i) => register(`orders-${i + 1}`, instance)));
  });
  afterEach(async () => {
    await stop();
    await Promise.all(
      ['1', '2', '3', '4'].map((n) =>
        fetch(`${consul.url}/v1/agent/service/deregister/orders-${n}`, { method: 'PUT' }),
      ),
    );
    await fetch(`${consul.url}/v1/kv/${PREFIX}?recurse`, { method: 'DELETE' });
    await Promise.all(fleet.map((instance) => instance.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('scores what Consul lists, and is ready when a scoring window is over', async () => {
    await start();
    const ready = async (): Promise<Response> => fetch(`${engine?.url}/-/ready`);
    expect((await ready()).status).to.equal(503);
    await until(allGreen);
    await eventually(async () => (await ready()).status === 200, { timeoutMs: 15_000 });
    const { value } = await client.scores(null, new AbortController().signal);
    expect(value.ready).to.equal(true);
    expect(value.services[0]?.discovery).to.include({ state: 'live', why: 'Consul lists 3 instances' });
    expect((await scores()).get('orders-1')).to.deep.include({
      score: 100,
      smoothed: 100,
      joinedAt: null,
      blackout: false,
    });
  });

  it('turns red the one whose errors rise, says why in rows that add up, and green again when they end', async () => {
    await start();
    await until(allGreen);
    first().mode = 'errors';
    await until(oneIs('red'));
    const explanation = await client.explain('orders', 'orders-1');
    expectToAddUp(explanation);
    expect(explanation.sentence).to.match(/^orders-1 is red: score 20 \(red is below 50\)/);
    expect(explanation.instance.causes[0]).to.include({ name: 'error_ratio', ceiling: true });
    expect(explanation.peers.medianScore).to.equal(100);
    expectToAddUp(await client.explain('orders', 'orders-2'));
    first().mode = 'well';
    await eventually(async () => expect(await zones()).to.equal(allGreen), { timeoutMs: 45_000 });
  });

  it('turns red the one whose process is gone', async () => {
    await start();
    await until(allGreen);
    await first().close();
    await until(oneIs('red'));
    expect((await scores()).get('orders-1')?.up).to.deep.include({ state: 'down' });
    await first().reopen();
    await until(allGreen);
  });

  for (const mode of ['html', 'broken', 'huge'] as const)
    it(`makes unknown, never red, the one whose page is ${mode}`, async () => {
      await start();
      await until(allGreen);
      first().mode = mode;
      const seen = new Set<string>();
      await eventually(async () => {
        const zone = (await scores()).get('orders-1')?.zone ?? 'none';
        seen.add(zone);
        expect(zone).to.equal('unknown');
      });
      const { scrapes } = first();
      await eventually(async () => {
        seen.add((await scores()).get('orders-1')?.zone ?? 'none');
        return first().scrapes > scrapes + 5;
      });
      expect([...seen].sort()).to.deep.equal(['green', 'unknown']);
      expect((await scores()).get('orders-1')?.up.state).to.equal('up');
      first().mode = 'well';
      await until(allGreen);
    });

  it('holds back a newcomer in its first seconds', async () => {
    await start();
    await until(allGreen);
    const late = await startInstance();
    fleet.push(late);
    await register('orders-4', late);
    await until(`${allGreen}, orders-4 unknown`);
    const newcomer = (await scores()).get('orders-4');
    expect(newcomer).to.include({ blackout: true });
    expect(newcomer?.joinedAt).to.be.a('number');
  });

  it('drops the one that left', async () => {
    await start();
    await until(allGreen);
    await fetch(`${consul.url}/v1/agent/service/deregister/orders-3`, { method: 'PUT' });
    await until('orders-1 green, orders-2 green');
    const { scrapes } = fleet[2] ?? first();
    await eventually(() => first().scrapes > scrapes + 3);
    expect(fleet[2]?.scrapes).to.be.at.most(scrapes + 1);
  });

  it('holds what traffic showed while the scheduler says that an instance is out', async () => {
    await start();
    await until(allGreen);
    const rotation = { 'orders-1': { state: 'out', since: new Date().toISOString() } };
    await put(`/v1/kv/${PREFIX}plan/orders`, { rotation });
    await eventually(async () => {
      const { metrics } = await client.explain('orders', 'orders-1');
      expect(metrics.find(({ name }) => name === 'error_ratio')?.status).to.equal('held');
    });
    await put(`/v1/kv/${PREFIX}plan/orders`, 'no such thing');
    await eventually(async () => {
      const { metrics } = await client.explain('orders', 'orders-1');
      expect(metrics.find(({ name }) => name === 'error_ratio')?.status).to.equal('judged');
    });
  });

  it('keeps the last list, and goes on scoring, while Consul is gone', async () => {
    const own = consul;
    consul = await startConsul();
    try {
      await Promise.all(fleet.map((instance, i) => register(`orders-${i + 1}`, instance)));
      await start();
      await until(allGreen);
      await consul.stop();
      await eventually(async () => {
        const { value } = await client.scores(null, new AbortController().signal);
        expect(value.services[0]?.discovery.state).to.equal('held');
      });
      const before = (await scores()).get('orders-1')?.evaluation ?? 0;
      first().mode = 'errors';
      await until(oneIs('red'));
      expect((await scores()).get('orders-1')?.evaluation).to.be.above(before);
    } finally {
      await consul.stop();
      consul = own;
    }
  });

  /** Every zone that an instance showed from the start of an engine on, until it was evaluated a few times. */
  const zonesAfterStart = async (data: string): Promise<Set<string>> => {
    const { scrapes } = first();
    await start(data);
    const seen = new Set<string>();
    await eventually(async () => {
      const zone = (await scores()).get('orders-1')?.zone;
      if (zone) seen.add(zone);
      return first().scrapes > scrapes + 8;
    });
    return seen;
  };

  it('keeps red what was red over a restart and over a crash', async () => {
    await start();
    await until(allGreen);
    first().mode = 'errors';
    await until(oneIs('red'));
    const { zoneSince } = (await scores()).get('orders-1') ?? { zoneSince: 0 };
    // What a crash would leave behind: the files as they are, a flush after the zone changed.
    await eventually(async () => ((await scores()).get('orders-1')?.at ?? 0) > zoneSince + 2_500);
    cpSync(join(folder, 'data'), join(folder, 'crashed'), { recursive: true });
    await stop();
    expect([...(await zonesAfterStart('data'))]).to.deep.equal(['red']);
    await stop();
    expect([...(await zonesAfterStart('crashed'))]).to.deep.equal(['red']);
  });

  it('listens to its own end in many places, without a warning of a leak', async () => {
    const heard: string[] = [];
    const hear = ({ name }: Error): void => void heard.push(name);
    process.on('warning', hear);
    try {
      await start();
      await until(allGreen);
      expect(heard).to.deep.equal([]);
    } finally {
      process.off('warning', hear);
    }
  });

  it('takes other services and thresholds while it runs, and leaves alone what does not change', async () => {
    await start();
    await until(allGreen);
    first().mode = 'errors';
    await until(oneIs('red'));
    const before = await scores();
    await put('/v1/agent/service/register', { ID: 'users-1', Name: 'users', Port: first().port });
    writeFileSync(join(config(), 'services', 'orders.yaml'), serviceFile.replace('critical: 95%', 'critical: 96%'));
    writeFileSync(join(config(), 'services', 'users.yaml'), serviceFile.replace('service: orders', 'service: users'));
    const reload = await fetch(`${engine?.url}/-/reload`, { method: 'POST' });
    const { changes } = reloadSchema.parse(await reload.json());
    expect(changes).to.deep.equal({ added: ['users'], changed: ['orders'], removed: [] });
    const hash = before.get('orders-1')?.policy;
    const seen = new Set<string>();
    await eventually(async () => {
      const now = await scores();
      for (const id of ['orders-1', 'orders-2', 'orders-3']) {
        const [was, is] = [before.get(id), now.get(id)];
        seen.add(`${id} ${is?.zone}`);
        expect([is?.zoneSince, is?.joinedAt]).to.deep.equal([was?.zoneSince, was?.joinedAt]);
      }
      expect(now.get('users-1')?.zone).to.equal('red');
      expect(now.get('orders-1')?.policy).to.not.equal(hash);
    });
    expect([...seen].sort()).to.deep.equal(['orders-1 red', 'orders-2 green', 'orders-3 green']);
    rmSync(join(config(), 'services', 'users.yaml'));
    await until(oneIs('red'));
    await fetch(`${consul.url}/v1/agent/service/deregister/users-1`, { method: 'PUT' });
  });

  it('keeps the last good configuration, and says where it can that the one on disk is refused', async () => {
    await start();
    await until(allGreen);
    const path = join(config(), 'services', 'orders.yaml');
    const get = async (path: string): Promise<string> => (await fetch(`${engine?.url}${path}`)).text();
    writeFileSync(path, serviceFile.replace('critical: 10%', 'critical: 10 percent'));
    const answer = await fetch(`${engine?.url}/-/reload`, { method: 'POST' });
    expect(answer.status).to.equal(422);
    expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
    const { problems } = z.object({ problems: z.array(problemSchema) }).parse(await answer.json());
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include({ file: path, line: 9, path: 'metrics.error_ratio.critical' });
    expect(await get('/metrics')).to.match(/^ballast_config_last_reload_successful 0$/m);
    const state = configStateSchema.parse(JSON.parse(await get('/v1/config')));
    expect(state).to.deep.include({ ok: false, problems });
    expect(await get('/-/ready')).to.match(/the configuration is refused and the last good one stays: .*orders.yaml:9/);
    await until(allGreen);
    writeFileSync(path, serviceFile);
    await eventually(async () => expect(await get('/metrics')).to.match(/last_reload_successful 1$/m));
    expect((await fetch(`${engine?.url}/-/reload`)).status).to.equal(405);
  });

  it('keeps red what was red when it is killed in the moment in which it said so', async () => {
    const port = await freePort();
    configure(port);
    client = createEngineClient(createClient({ baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 5_000 }));
    const run = () => spawn(process.execPath, [cli, 'engine', 'run', '--config', config()], { stdio: 'ignore' });
    const kill = async (child: ChildProcess): Promise<void> => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    };
    let child = run();
    try {
      await eventually(async () => expect(await zones()).to.equal(allGreen), { timeoutMs: 30_000 });
      first().mode = 'errors';
      let { index } = await client.scores(null, new AbortController().signal);
      while ((await scores()).get('orders-1')?.zone !== 'red')
        ({ index } = await client.scores({ index, waitMs: 5_000 }, new AbortController().signal));
      await kill(child);
      const { scrapes } = first();
      child = run();
      const seen = new Set<string>();
      await eventually(
        async () => {
          const zone = (await scores().catch(() => null))?.get('orders-1')?.zone;
          if (zone) seen.add(zone);
          return first().scrapes > scrapes + 8;
        },
        { timeoutMs: 30_000 },
      );
      expect([...seen]).to.deep.equal(['red']);
    } finally {
      await kill(child);
    }
  });

  it('goes on where a damaged history file was', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'history.db'), 'no database'.repeat(1_000));
    await start();
    await until(allGreen);
  });

  it('refuses a broken configuration with every problem, and an address that is taken', async () => {
    configure(await freePort());
    writeFileSync(
      join(config(), 'services', 'users.yaml'),
      'service: users\nmetrics: {cpu: {query: "sum(", good: 1, critical: 1}}\n',
    );
    const broken = await runEngine({ configDirectory: config(), clock: systemClock, log }).catch(
      (error: unknown) => error,
    );
    expect(broken).to.be.instanceOf(BallastError).with.property('code', 'INVALID_CONFIGURATION');
    expect(String(broken)).to.match(/users\.yaml:2/);
    rmSync(join(config(), 'services', 'users.yaml'));
    await start();
    const taken = await runEngine({ configDirectory: config(), clock: systemClock, log }).catch(
      (error: unknown) => error,
    );
    expect(taken).to.be.instanceOf(BallastError).with.property('code', 'CANNOT_LISTEN');
  });
});

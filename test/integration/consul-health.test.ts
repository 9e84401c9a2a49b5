import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceScore, ServiceScores } from '../../engine/client/index.js';
import { runEngine, type RunningEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { createLog } from '../../lib/log.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/parts.js';
import { freePort } from '../support/ports.js';

/** Judged by Consul's checks alone: nothing listens where its instances are registered. */
const serviceFile = (selector: string): string => `
service: orders
selector: '${selector}'
scrape: {interval: 250ms}
zones: {fall: 1, rise: 1}
metrics:
  checks: {query: max(consul_check_status), good: 0, critical: 2}
  disk: {query: 'max(consul_check_status{scope="node",check_id="disk"})', good: 0, critical: 2, dry_run: true}
`;

describeWith('consul', "a service that is judged by Consul's checks", function () {
  this.timeout(40_000);
  let consul: RunningConsul;
  let engine: RunningEngine;
  let folder: string;
  const put = async (path: string, body?: unknown): Promise<void> => {
    const how = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${consul.url}${path}`, { method: 'PUT', ...how });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const register = (n: number): Promise<void> =>
    put('/v1/agent/service/register', {
      ID: `orders-${n}`,
      Name: 'orders',
      Tags: ['prod'],
      Port: 1_000 + n,
      Check: { CheckID: `http-${n}`, Name: 'HTTP', TTL: '1h', Status: 'passing' },
    });
  const configure = (selector: string): void =>
    writeFileSync(join(folder, 'services', 'orders.yaml'), serviceFile(selector));
  const service = async (): Promise<ServiceScores> =>
    (await (await fetch(`${engine.url}/v1/scores/orders`)).json()) as ServiceScores;
  const first = async (): Promise<InstanceScore> => {
    const { instances } = await service();
    return instances.find(({ instance }) => instance === 'orders-1') ?? expect.fail('no orders-1 yet');
  };
  const until = (what: () => Promise<unknown>): Promise<unknown> =>
    eventually(what, { timeoutMs: 15_000, everyMs: 50 });

  before(async () => {
    consul = await startConsul();
    folder = mkdtempSync(join(tmpdir(), 'ballast-consul-health-'));
    mkdirSync(join(folder, 'services'));
    const listen = `{host: 127.0.0.1, port: ${await freePort()}}`;
    writeFileSync(
      join(folder, 'ballast.yaml'),
      `consul: {url: "${consul.url}"}\nengine: {listen: ${listen}, data: ${folder}}\n`,
    );
    configure('"prod" in Service.Tagz');
    await Promise.all([1, 2, 3, 4].map(register));
    const log = createLog({ level: 'silent', name: 'test' });
    engine = await runEngine({ configDirectory: folder, clock: systemClock, log });
  });
  after(async () => {
    await engine.stop();
    await consul.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows what Consul says of a selector that it refuses, and goes on once it is mended', async () => {
    await until(async () => {
      const { discovery } = await service();
      expect(discovery.state).to.equal('waiting');
      expect(discovery.why).to.match(/^Consul: .* answered \d+: .*Selector "Service.Tagz" is not valid/);
    });
    configure('"prod" in Service.Tags');
    expect(engine.reload('api')).to.include({ ok: true });
    await until(async () => expect((await service()).discovery).to.include({ state: 'live' }));
  });

  it('is as well as its worst check, and says which that is', async () => {
    await until(async () => expect(await first()).to.include({ zone: 'green', score: 100, consul: 'passing' }));
    await put('/v1/agent/check/warn/http-1');
    await until(async () =>
      expect(await first()).to.include({ score: 50, zone: 'yellow', consul: 'warning', consulWhy: 'HTTP' }),
    );
    await put('/v1/agent/check/fail/http-1');
    await until(async () => expect(await first()).to.include({ score: 0, zone: 'red', consul: 'critical' }));
    await put('/v1/agent/check/pass/http-1');
    await until(async () =>
      expect(await first())
        .to.include({ zone: 'green' })
        .and.not.to.have.property('consulWhy'),
    );
  });

  it('hears of the checks of its node', async () => {
    await put('/v1/agent/check/register', { ID: 'disk', Name: 'Disk', TTL: '1h', Status: 'warning' });
    await until(async () => expect(await first()).to.include({ score: 50, consulWhy: 'Disk' }));
    const explained = await (await fetch(`${engine.url}/v1/scores/orders/orders-1/explain`)).json();
    expect(explained)
      .to.have.property('metrics')
      .that.deep.includes({
        ...(explained as { metrics: { name: string }[] }).metrics.find(({ name }) => name === 'disk'),
        value: 1,
      });
    await put('/v1/agent/check/deregister/disk');
    await until(async () => expect(await first()).to.include({ score: 100 }));
  });

  it('shows the maintenance of an instance, and of its node, with the reason', async () => {
    await put('/v1/agent/service/maintenance/orders-1?enable=true&reason=new%20disk');
    await until(async () =>
      expect(await first()).to.include({ consul: 'maintenance', consulWhy: 'it is in maintenance: new disk' }),
    );
    await put('/v1/agent/service/maintenance/orders-1?enable=false');
    await put('/v1/agent/maintenance?enable=true&reason=kernel');
    await until(async () =>
      expect(await first()).to.include({ consul: 'maintenance', consulWhy: 'its node is in maintenance: kernel' }),
    );
    await put('/v1/agent/maintenance?enable=false');
    await until(async () => expect(await first()).to.include({ consul: 'passing' }));
  });

  it('keeps the last good set when the catalog forgets it, and says so', async () => {
    // At once: one after the other would be four small losses, which are believed.
    const node = (await first()).node;
    const gone = [1, 2, 3, 4].map((n) => ({ ID: `orders-${n}`, Service: 'orders' }));
    await put(
      '/v1/txn',
      gone.map((Service) => ({ Service: { Verb: 'delete', Node: node, Service } })),
    );
    await until(async () => {
      const { discovery, instances } = await service();
      expect(discovery).to.include({ state: 'held' });
      expect(discovery.why).to.match(/^discovery fell from 4 to 0 instances at once; those lost are kept/);
      expect(instances).to.have.length(4);
    });
    const metrics = await (await fetch(`${engine.url}/metrics`)).text();
    expect(metrics).to.include('ballast_discovery{service="orders",state="held"} 1');
  });
});

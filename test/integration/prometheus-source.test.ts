import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceScore } from '../../engine/client/index.js';
import { runEngine, type RunningEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { createLog } from '../../lib/log.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { startInstance, type FakeInstance } from '../support/instance.js';
import { describeWith, needs } from '../support/parts.js';
import { freePort } from '../support/ports.js';
import { startPrometheus, type RunningPrometheus } from '../support/prometheus.js';

const serviceOf = (service: string, url: string): string => `
service: ${service}
scrape: {interval: 500ms}
zones: {fall: 2, rise: 1}
prometheus: {url: "${url}", interval: 1s, timeout: 500ms}
metrics:
  cpu: {source: prometheus, query: cpu_share, good: 70%, critical: 95%}
  errors:
    source: prometheus
    query: sum by (instance) (rate(requests_total{status="500"}[2s])) / sum by (instance) (rate(requests_total[2s]))
    good: 1%
    critical: 10%
    cap: 20
`;

describeWith('consul', 'a service that is judged by a Prometheus server alone', function () {
  this.timeout(60_000);
  let consul: RunningConsul;
  let prometheus: RunningPrometheus;
  let fleet: FakeInstance[];
  let engine: RunningEngine;
  let folder: string;

  const instances = async (service = 'orders'): Promise<readonly InstanceScore[]> => {
    const response = await fetch(`${engine.url}/v1/scores/${service}`);
    const { instances: all } = (await response.json()) as { instances: InstanceScore[] };
    return all;
  };
  const zones = async (service?: string): Promise<string> =>
    (await instances(service)).map(({ instance, zone }) => `${instance} ${zone}`).join(', ');
  const until = (expected: string, service?: string): Promise<unknown> =>
    eventually(async () => expect(await zones(service)).to.equal(expected), { timeoutMs: 20_000, everyMs: 100 });

  before(async function () {
    needs(this, 'prometheus');
    fleet = await Promise.all([startInstance(), startInstance()]);
    [consul, prometheus] = await Promise.all([
      startConsul(),
      startPrometheus(fleet.map(({ port }) => `127.0.0.1:${port}`)),
    ]);
    folder = mkdtempSync(join(tmpdir(), 'ballast-prometheus-source-'));
    mkdirSync(join(folder, 'services'));
    for (const service of ['orders', 'users']) {
      writeFileSync(join(folder, 'services', `${service}.yaml`), serviceOf(service, prometheus.url));
      for (const [i, { port }] of fleet.entries()) {
        const body = JSON.stringify({ ID: `${service}-${i}`, Name: service, Address: '127.0.0.1', Port: port });
        await fetch(`${consul.url}/v1/agent/service/register`, { method: 'PUT', body });
      }
    }
    const listen = `{host: 127.0.0.1, port: ${await freePort()}}`;
    writeFileSync(
      join(folder, 'ballast.yaml'),
      `consul: {url: "${consul.url}"}\nengine: {listen: ${listen}, data: ${folder}}\n`,
    );
    const log = createLog({ level: 'silent', name: 'test' });
    engine = await runEngine({ configDirectory: folder, clock: systemClock, log });
  });
  after(async () => {
    await engine.stop();
    await Promise.all([consul.stop(), prometheus.stop(), ...fleet.map((each) => each.close())]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is green while all is well, and nobody but Prometheus reads its pages', async () => {
    await until('orders-0 green, orders-1 green');
    const text = await (await fetch(`${engine.url}/metrics`)).text();
    expect(text).to.include('level="prometheus",outcome="page"').and.not.to.include('level="app"');
  });

  it('asks once for both services', async () => {
    const text = await (await fetch(`${engine.url}/metrics`)).text();
    expect(text).to.match(/^ballast_scrape_targets 2$/m);
    await until('users-0 green, users-1 green', 'users');
  });

  it('shows the instance that fails, and not the other', async () => {
    const [first] = fleet;
    if (first) first.mode = 'errors';
    await until('orders-0 red, orders-1 green');
    const [score] = await instances();
    expect(score?.causes[0]).to.include({ name: 'errors', source: 'prometheus' });
    if (first) first.mode = 'well';
    await until('orders-0 green, orders-1 green');
  });

  it('is unknown, never red, when the server is gone', async () => {
    const seen = new Set<string>();
    await prometheus.stop();
    await eventually(
      async () => {
        const now = (await instances()).map(({ zone }) => zone);
        for (const zone of now) seen.add(zone);
        return now.every((zone) => zone === 'unknown');
      },
      { timeoutMs: 20_000, everyMs: 50 },
    );
    expect([...seen].sort()).to.deep.equal(['green', 'unknown']);
  });
});

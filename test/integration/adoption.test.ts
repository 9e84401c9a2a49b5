import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServicesResponse } from '../../engine/client/index.js';
import { runEngine, type RunningEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { createLog } from '../../lib/log.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { startInstance, type FakeInstance } from '../support/instance.js';
import { describeWith } from '../support/parts.js';
import { freePort } from '../support/ports.js';

describeWith('consul', 'a service with the tag and without a file', function () {
  this.timeout(40_000);
  let consul: RunningConsul;
  let instance: FakeInstance;
  let engine: RunningEngine;
  let folder: string;

  const put = async (path: string, body?: unknown): Promise<void> => {
    const response = await fetch(`${consul.url}${path}`, {
      method: 'PUT',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const register = (name: string, more: object): Promise<void> =>
    put('/v1/agent/service/register', {
      ID: `${name}-1`,
      Name: name,
      Address: '127.0.0.1',
      Port: instance.port,
      ...more,
    });
  const services = async (): Promise<string> => {
    const response = await fetch(`${engine.url}/v1/services`);
    const body = (await response.json()) as ServicesResponse;
    return body.services
      .map(({ service }) => service)
      .sort()
      .join(', ');
  };
  const until = (expected: string): Promise<unknown> =>
    eventually(async () => expect(await services()).to.equal(expected), { timeoutMs: 15_000, everyMs: 50 });

  before(async () => {
    [consul, instance] = await Promise.all([startConsul(), startInstance()]);
    folder = mkdtempSync(join(tmpdir(), 'ballast-adoption-'));
    mkdirSync(join(folder, 'services'));
    const listen = `{host: 127.0.0.1, port: ${await freePort()}}`;
    writeFileSync(
      join(folder, 'ballast.yaml'),
      `consul: {url: "${consul.url}"}\nengine: {listen: ${listen}, data: ${folder}}\ndiscover: {appear: 500ms, vanish: 1s}\n`,
    );
    const log = createLog({ level: 'silent', name: 'test' });
    engine = await runEngine({ configDirectory: folder, clock: systemClock, log });
  });
  after(async () => {
    await engine.stop();
    await Promise.all([consul.stop(), instance.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is scored by the preset that a tag or the meta of its instances names, and goes when it is gone', async () => {
    await register('web', { Tags: ['ballast', 'ballast-preset=node'] });
    await until('web');
    await register('api', { Tags: ['ballast'], Meta: { ballast_preset: 'go' } });
    await register('db', { Tags: ['ballast'] });
    await register('plain', {});
    await until('api, web');
    await eventually(async () => {
      const ready = await (await fetch(`${engine.url}/-/ready`)).text();
      expect(ready).to.include('db has the tag ballast and no preset');
    });
    await put('/v1/agent/service/deregister/web-1');
    await until('api');
  });

  it('is left to its file once it has one, and taken back when the file goes', async () => {
    const file = join(folder, 'services', 'api.yaml');
    writeFileSync(file, 'service: api\nowner: team\nmetrics: {cpu: {query: cpu_share, good: 70%, critical: 95%}}\n');
    expect(engine.reload('signal')).to.include({ ok: true });
    const owner = async (): Promise<string | null | undefined> =>
      ((await (await fetch(`${engine.url}/v1/services`)).json()) as ServicesResponse).services[0]?.owner;
    expect(await owner()).to.equal('team');
    rmSync(file);
    engine.reload('signal');
    await eventually(async () => expect(await owner()).to.equal(null));
    await until('api');
  });
});

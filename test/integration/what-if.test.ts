/** What would be, asked of a running engine and scheduler on a real Consul, through the command line's own client. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/run.js';
import { dryRunSchema } from '../../engine/client/index.js';
import { runEngine, type RunningEngine } from '../../engine/main.js';
import { systemClock } from '../../lib/clock.js';
import { createLog } from '../../lib/log.js';
import { runScheduler, type RunningService } from '../../scheduler/main.js';
import { startConsul, type RunningConsul } from '../support/consul.js';
import { eventually } from '../support/eventually.js';
import { startInstance, type FakeInstance } from '../support/instance.js';
import { ioWith } from '../support/io.js';
import { describeWith } from '../support/parts.js';
import { freePort } from '../support/ports.js';

const log = createLog({ level: 'silent', name: 'test' });

/** The fake instances show a memory share of 0.3 and a CPU share of 0.2. */
const fileWith = (critical: string, more = ''): string => `
service: orders
scrape: {path: /metrics, interval: 250ms, timeout: 200ms}
traffic: {upstream: orders, mode: observe}
metrics:
  process_up: {level: system, up: true, weight: 1, cap: 0}
  memory: {query: memory_share, good: 10%, critical: ${critical}, weight: 0.1, cap: 40}
  cpu: {query: cpu_share, good: 70%, critical: 95%, weight: 0.1}
${more}`;
const inForce = fileWith('95%');

describeWith('consul', 'what would be, of running services', function () {
  this.timeout(60_000);
  let consul: RunningConsul;
  let folder: string;
  let fleet: FakeInstance[];
  let engine: RunningEngine;
  let scheduler: RunningService;

  before(async () => {
    consul = await startConsul();
    folder = mkdtempSync(join(tmpdir(), 'ballast-what-if-'));
    fleet = await Promise.all([startInstance(), startInstance()]);
    for (const [i, { port }] of fleet.entries()) {
      const body = JSON.stringify({ ID: `orders-${i + 1}`, Name: 'orders', Address: '127.0.0.1', Port: port });
      await fetch(`${consul.url}/v1/agent/service/register`, { method: 'PUT', body });
    }
    const [one, other] = [await freePort(), await freePort()];
    mkdirSync(join(folder, 'config', 'services'), { recursive: true });
    writeFileSync(join(folder, 'config', 'services', 'orders.yaml'), inForce);
    writeFileSync(
      join(folder, 'config', 'ballast.yaml'),
      `consul: {url: "${consul.url}", prefix: what-if/}\n` +
        `engine: {listen: {host: 127.0.0.1, port: ${one}}, data: ../engine}\n` +
        `scheduler: {listen: {host: 127.0.0.1, port: ${other}}, data: ../scheduler, engine: {url: "http://127.0.0.1:${one}"}}\n`,
    );
    const options = { configDirectory: join(folder, 'config'), clock: systemClock, log };
    engine = await runEngine(options);
    scheduler = await runScheduler(options);
    const bothGreen = /orders-1 .* green[^]*orders-2 .* green/;
    await eventually(async () => expect((await ask('plan')).out).match(bothGreen), { timeoutMs: 30_000 });
  });
  after(async () => {
    await scheduler.stop();
    await engine.stop();
    await Promise.all(fleet.map((instance) => instance.close()));
    await consul.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
    const told = { out: '', err: '' };
    const io = ioWith({ out: (text) => void (told.out += text), err: (text) => void (told.err += text) });
    const code = await run(['--engine', engine.url, '--scheduler', scheduler.url, ...argv], io);
    return { code, ...told };
  };
  const written = (text: string): string => {
    const file = join(folder, 'candidate.yaml');
    writeFileSync(file, text);
    return file;
  };

  it('the plan with the files in force is the plan', async () => {
    // Two questions, between which an evaluation may fall: its score stands in the text.
    await eventually(async () => {
      const same = await ask('plan', '-f', join(folder, 'config', 'services'), '--exit-code');
      expect(same).include({ code: 0, err: 'nothing would change\n' });
      expect(same.out).equal((await ask('plan')).out);
    });
  });

  it('the plan with another file shows what it would change, and changes nothing', async () => {
    const before = (await ask('plan')).out;
    const { code, out } = await ask('plan', '-f', written(fileWith('55%')), '--exit-code');
    expect(code).equal(2);
    // (30 - 10) / (55 - 10) of the way to a ceiling of 40.
    expect(out).match(/^\+ {3}orders-1 .* yellow/m);
    await eventually(async () => expect((await ask('plan')).out).equal(before));
    const bad = await ask('plan', '-f', written(fileWith('55%').replace('memory_share', 'memory_share[')));
    expect(bad).include({ code: 1, out: '' });
    expect(bad.err).contain('candidate.yaml:7');
  });

  it('history answers by the same file as it was, by a stricter one otherwise, and not for another query', async () => {
    const same = await ask('replay', '--since', '1h', '-f', written(inForce), '--exit-code');
    expect(same).include({ code: 0 });
    expect(same.out).contain('orders: 2 instances').and.contain('No zone would have been another.');
    const strict = await ask('replay', '--since', '1h', '-f', written(fileWith('30%')), '--exit-code');
    expect(strict).include({ code: 2 });
    expect(strict.out)
      .contain('2 instances would have had other zones')
      .and.match(/✖ red 40 +memory/);
    const other = await ask('replay', '-f', written(inForce.replace('cpu_share', 'max(cpu_share)')));
    expect(other).include({ code: 1, out: '' });
    expect(other.err).contain('cpu has another query than the one whose values were recorded');
    const more = await ask('replay', '-f', written(fileWith('95%', '  heap: {query: heap, good: 0, critical: 1}\n')));
    expect(more.err).contain('heap was not recorded');
  });

  it('a dry run of an edit says what it would do, and does nothing', async () => {
    const url = `${engine.url}/v1/config/services/orders`;
    const response = await fetch(`${url}?dry_run`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/yaml' },
      body: fileWith('30%'),
    });
    const told = (await response.json()) as { done: boolean; whatIf: unknown };
    expect([response.status, told.done]).deep.equal([200, false]);
    const { now, history } = dryRunSchema.parse(told.whatIf);
    expect(now.instances.map(({ instance, before, after }) => [instance, before.zone, after.zone])).deep.equal([
      ['orders-1', 'green', 'red'],
      ['orders-2', 'green', 'red'],
    ]);
    expect('instances' in history && history.candidate.outs).above(0);
    expect(await (await fetch(url)).text()).contain('critical: 95%');
  });
});

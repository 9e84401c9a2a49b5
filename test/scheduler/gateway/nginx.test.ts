/** Against a real NGINX: what is submitted is served, and what is broken never is. */
import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock.js';
import { createLog } from '../../../lib/log.js';
import { packageRoot } from '../../../lib/paths.js';
import { createNginx, type DesiredUpstream, type Gateway } from '../../../scheduler/gateway/index.js';
import { currentFolder } from '../../../scheduler/gateway/releases.js';
import { type Backend, startBackend } from '../../support/backend.js';
import { eventually } from '../../support/eventually.js';
import { needs } from '../../support/parts.js';
import { startNginx, type TestNginx, type TestNginxOptions } from '../../support/nginx.js';
import { backed, server, upstream } from './helpers.js';

const log = createLog({ level: 'silent', name: 'test' });

describe('gateway: a real NGINX', function () {
  this.timeout(30_000);
  let nginx: TestNginx;
  let backends: readonly Backend[];
  const stops: (() => Promise<void>)[] = [];

  before(function () {
    needs(this, 'nginx');
  });
  beforeEach(async () => {
    backends = await Promise.all(['a', 'b', 'c'].map((name) => startBackend(name)));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await Promise.all(backends.map((each) => each.stop()));
  });

  const given = async (options: Partial<TestNginxOptions> = {}): Promise<void> => {
    nginx = await startNginx({ upstreams: ['shop'], ...options });
    stops.push(() => nginx.stop());
  };
  /** Runs a gateway until the test ends, or until it is stopped. */
  const run = (): { gateway: Gateway; stop: () => Promise<void> } => {
    const ending = new AbortController();
    const gateway = createNginx({ config: nginx.config, clock: systemClock, log });
    const running = gateway.run(ending.signal);
    const stop = async (): Promise<void> => {
      ending.abort();
      await running;
    };
    stops.push(stop);
    return { gateway, stop };
  };
  const shop = (a: number, b: number, c: number): readonly DesiredUpstream[] => {
    const [first, second, third] = backends;
    if (!first || !second || !third) throw new Error('three backends');
    return [
      backed('shop', [
        [first, a],
        [second, b],
        [third, c],
      ]),
    ];
  };
  const weights = (gateway: Gateway): Record<string, number> =>
    Object.fromEntries((gateway.view().servers['shop'] ?? []).map((each) => [each.instance, each.weight]));
  const serves = (gateway: Gateway, wanted: Record<string, number>): Promise<unknown> =>
    eventually(() => expect(weights(gateway)).to.deep.equal(wanted), { timeoutMs: 8_000 });
  const asks = async (count: number): Promise<Record<string, number>> => {
    const answers: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const response = await fetch(`${nginx.url}/shop/`, { headers: { connection: 'close' } });
      const name = response.ok ? await response.text() : String(response.status);
      answers[name] = (answers[name] ?? 0) + 1;
    }
    return answers;
  };
  const failed = (gateway: Gateway): Promise<NonNullable<ReturnType<Gateway['view']>['last']>> =>
    eventually(
      () => {
        const { last } = gateway.view();
        return last && !last.ok ? last : false;
      },
      { timeoutMs: 15_000 },
    );
  const mark = async (): Promise<string> =>
    (await (await fetch(`http://127.0.0.1:${nginx.config.mark.port}/ballast/plan`)).text()).trim();

  it('serves what is submitted, proves it, and says so', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    const { revision, last, reloads, provenAt } = gateway.view();
    expect(last).to.include({ ok: true, stage: 'done', revision });
    expect(last?.reloadMs).to.be.greaterThan(0);
    expect(provenAt).to.be.a('number');
    expect(reloads).to.equal(1);
    expect(await mark()).to.equal(revision);
    expect(Object.keys(await asks(40))).to.have.members(['a', 'b', 'c']);
  });

  it('says what is coming from when it begins a change until that is proven', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 0, 100));
    await serves(gateway, { a: 100, b: 0, c: 100 });
    gateway.submit(shop(100, 10, 100));
    const coming = await eventually(() => gateway.view().coming?.['shop'] ?? false, { everyMs: 1 });
    expect(coming.map(({ instance, weight }) => [instance, weight])).to.deep.include(['b', 10]);
    expect(weights(gateway), 'served so far').to.deep.equal({ a: 100, b: 0, c: 100 });
    await serves(gateway, { a: 100, b: 10, c: 100 });
    await eventually(() => gateway.view().coming === null);
  });

  it('sends nothing to a server that is out, and traffic by weight to the others', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 0, 10));
    await serves(gateway, { a: 100, b: 0, c: 10 });
    const answers = await asks(200);
    expect(answers).to.not.have.property('b');
    expect(answers['a']).to.be.greaterThan((answers['c'] ?? 0) * 3);
  });

  it('promotes nothing once somebody else may lead, although a tested candidate waits', async () => {
    await given();
    await mkdir(nginx.config.directory, { recursive: true });
    let refused = false;
    // The lock goes while the second plan is tested.
    const mayChange = (): boolean => {
      refused ||= readdirSync(nginx.config.directory).filter((name) => name.startsWith('rev-')).length > 1;
      return !refused;
    };
    const gateway = createNginx({ config: nginx.config, clock: systemClock, log, mayChange });
    const ending = new AbortController();
    const running = gateway.run(ending.signal);
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    const { revision } = gateway.view();
    gateway.submit(shop(100, 100, 0));
    await eventually(() => refused);
    ending.abort();
    await running;
    expect(gateway.view()).to.deep.include({ revision, reloads: 1, failures: 0 });
    expect(await currentFolder(nginx.config.directory)).to.include(revision);
    expect(await mark()).to.equal(revision);
  });

  it('does nothing when the same is submitted again', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 50, 0));
    await serves(gateway, { a: 100, b: 50, c: 0 });
    const reversed = shop(100, 50, 0).map((each) => ({ ...each, servers: [...each.servers].reverse() }));
    gateway.submit(reversed);
    gateway.submit(shop(100, 40, 0));
    await serves(gateway, { a: 100, b: 40, c: 0 });
    expect(gateway.view().reloads).to.equal(2);
  });

  it('does not even look when the same is submitted again and again', async () => {
    await given();
    let looks = 0;
    const mayChange = (): boolean => (looks += 1) > 0;
    const gateway = createNginx({ config: nginx.config, clock: systemClock, log, mayChange });
    const ending = new AbortController();
    const running = gateway.run(ending.signal);
    gateway.submit(shop(100, 100, 0));
    await serves(gateway, { a: 100, b: 100, c: 0 });
    const before = looks;
    for (let i = 0; i < 30; i++) {
      gateway.submit(shop(100, 100, 0));
      await mark();
    }
    // It looks by itself every few seconds, and once after it served the plan.
    expect(looks - before).to.be.at.most(2);
    gateway.submit(shop(100, 0, 100));
    await serves(gateway, { a: 100, b: 0, c: 100 });
    ending.abort();
    await running;
  });

  it('answers 503 with a clear body while nobody is in rotation, and never makes NGINX invalid', async () => {
    await given();
    const { gateway } = run();
    for (const desired of [[upstream('shop', [])], shop(0, 0, 0)]) {
      gateway.submit(desired);
      await serves(gateway, Object.fromEntries((desired[0]?.servers ?? []).map((each) => [each.instance, 0])));
      await eventually(() => gateway.view().last?.ok === true);
      const response = await fetch(`${nginx.url}/shop/`);
      expect(response.status).to.equal(503);
      expect(await response.text()).to.contain('no server of this upstream is in rotation');
    }
  });

  it('leaves a host name out, says so, and serves the rest', async () => {
    await given();
    const { gateway } = run();
    const [first] = shop(100, 100, 100);
    gateway.submit([
      { ...upstream('shop', []), servers: [...(first?.servers ?? []), server('d', 80, 100, 'no.such.host')] },
    ]);
    await serves(gateway, { a: 100, b: 100, c: 100 });
    expect(gateway.view().last?.text).to.contain('server "d" of upstream shop').and.to.contain('no.such.host');
  });

  it('keeps the good files when a template of the user is broken, and takes it once it is mended', async () => {
    await given();
    const templates = join(nginx.config.prefix ?? '', 'templates');
    await mkdir(templates);
    nginx = { ...nginx, config: { ...nginx.config, templates } };
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    const { revision } = gateway.view();

    await writeFile(join(templates, 'http.conf.hbs'), '{{#each upstreams}} {{name}');
    gateway.submit(shop(100, 100, 0));
    const last = await failed(gateway);
    expect(last.stage).to.equal('render');
    expect(last.text).to.contain(join(templates, 'http.conf.hbs')).and.to.contain('Parse error on line 1');
    expect(await mark()).to.equal(revision);
    expect(gateway.view().revision).to.equal(revision);

    await rm(join(templates, 'http.conf.hbs'));
    await serves(gateway, { a: 100, b: 100, c: 0 });
  });

  it("keeps the good files when nginx -t refuses the candidate, with NGINX's own words", async () => {
    await given();
    const templates = join(nginx.config.prefix ?? '', 'templates');
    await mkdir(templates);
    await writeFile(join(templates, 'location.conf.hbs'), 'proxy_pass http://{{upstream.name}};\nproxy_nonsense on;\n');
    nginx = { ...nginx, config: { ...nginx.config, templates } };
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    const last = await failed(gateway);
    expect(last.stage).to.equal('test');
    expect(last.text).to.contain('unknown directive "proxy_nonsense"');
    expect(last.text).to.contain(`${nginx.config.directory}/rejected/locations/shop.conf:2`);
    expect(await readdir(nginx.config.directory)).to.have.members(['rejected']);
    expect(gateway.view()).to.include({ revision: null, reloads: 0 });

    await rm(join(templates, 'location.conf.hbs'));
    await serves(gateway, { a: 100, b: 100, c: 100 });
  });

  it('refuses a configuration that does not include our files, and says which line is missing', async () => {
    await given();
    await writeFile(
      nginx.config.config,
      (await readFile(nginx.config.config, 'utf8')).replace(/include ballast.*http.*;/, ''),
    );
    const { gateway } = run();
    gateway.submit([upstream('other', [])]);
    const last = await failed(gateway);
    expect(last.stage).to.equal('test');
    expect(last.text).to.contain('include ballast/current/http.conf;');
  });

  it('refuses a nested file that includes our folder by its absolute path, where no candidate could be tested', async () => {
    await given();
    const { gateway, stop } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    await stop();
    const nested = join(nginx.config.prefix ?? '', 'conf', 'nested.conf');
    await writeFile(nested, `include ${nginx.config.directory}/current/http.conf;\n`);
    const text = await readFile(nginx.config.config, 'utf8');
    await writeFile(nginx.config.config, text.replace(/include ballast.*http.*;/, 'include nested.conf;'));
    const again = run();
    again.gateway.submit(shop(100, 100, 0));
    const last = await failed(again.gateway);
    expect(last.stage).to.equal('test');
    expect(last.text).to.contain('by its absolute path').and.to.contain('ballast/current');
  });

  it('tests absolute includes in the main file as well', async () => {
    await given({ started: false });
    const text = await readFile(nginx.config.config, 'utf8');
    await writeFile(nginx.config.config, text.replaceAll('include ballast/', `include ${nginx.config.directory}/`));
    await nginx.start();
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
  });

  it('rolls back when NGINX does not come to serve the candidate', async () => {
    // NGINX itself tries for 2.5 s to bind, and only then looks at the next signal.
    await given({ gateway: { verifyTimeoutMs: 4_000 } });
    const templates = join(nginx.config.prefix ?? '', 'templates');
    await mkdir(templates);
    nginx = { ...nginx, config: { ...nginx.config, templates } };
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    const { revision } = gateway.view();
    // Passes the test of the configuration; the address cannot be bound when it is applied: somebody else listens there.
    const taken = backends[0]?.port ?? 0;
    const builtIn = await readFile(join(packageRoot, 'templates', 'nginx', 'http.conf.hbs'), 'utf8');
    await writeFile(join(templates, 'http.conf.hbs'), `${builtIn}\nserver { listen 127.0.0.1:${taken}; }\n`);
    gateway.submit(shop(100, 100, 0));
    const last = await failed(gateway);
    expect(last.stage).to.equal('prove');
    expect(last.text).to.contain(`new connections still see ${revision}`).and.to.contain(`rolled back to ${revision}`);
    expect(await mark()).to.equal(revision);
    expect(weights(gateway)).to.deep.equal({ a: 100, b: 100, c: 100 });
    expect(await readFile(join(nginx.config.directory, 'current', 'http.conf'), 'utf8')).to.contain(revision);
  });

  it('reports a dead NGINX, leaves tested files for its start, and proves them when it is back', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    await nginx.kill();
    gateway.submit(shop(100, 0, 100));
    const last = await failed(gateway);
    expect(last.stage).to.equal('reload');
    expect(last.text).to.contain('NGINX does not run').and.to.contain('the files wait for its start');
    expect(gateway.view()).to.deep.include({ revision: null, servers: {} });
    await nginx.start();
    await serves(gateway, { a: 100, b: 0, c: 100 });
    expect(await asks(20)).to.not.have.property('b');
  });

  it('notices by itself that NGINX died', async () => {
    await given();
    const { gateway } = run();
    gateway.submit(shop(100, 100, 100));
    await serves(gateway, { a: 100, b: 100, c: 100 });
    await nginx.kill();
    const last = await eventually(() => (gateway.view().last?.ok === false ? gateway.view().last : false), {
      timeoutMs: 10_000,
    });
    expect(last?.text).to.match(/NGINX does not (answer|run)/);
    expect(gateway.view().revision).to.equal(null);
  });

  it('reads back after a restart what is served, and reloads nothing', async () => {
    await given();
    const first = run();
    first.gateway.submit(shop(100, 60, 0));
    await serves(first.gateway, { a: 100, b: 60, c: 0 });
    await first.stop();
    const { gateway } = run();
    await serves(gateway, { a: 100, b: 60, c: 0 });
    expect(gateway.view().revision).to.equal(first.gateway.view().revision);
    gateway.submit(shop(100, 60, 0));
    gateway.submit(shop(100, 60, 10));
    await serves(gateway, { a: 100, b: 60, c: 10 });
    expect(gateway.view().reloads).to.equal(1);
  });

  it('knows the revision but not the servers after a restart when the manifest is broken', async () => {
    await given();
    const first = run();
    first.gateway.submit(shop(100, 60, 0));
    await serves(first.gateway, { a: 100, b: 60, c: 0 });
    const { revision } = first.gateway.view();
    await first.stop();
    await writeFile(join(nginx.config.directory, 'current', 'manifest.json'), '{"format": 1,');
    const { gateway } = run();
    await eventually(() => gateway.view().revision === revision);
    expect(gateway.view().servers).to.deep.equal({});
  });

  it('keeps three old revisions', async () => {
    await given();
    const { gateway } = run();
    for (const weight of [100, 90, 80, 70, 60, 50]) {
      gateway.submit(shop(100, 100, weight));
      await serves(gateway, { a: 100, b: 100, c: weight });
    }
    const names = await readdir(nginx.config.directory);
    expect(names.filter((name) => name.startsWith('rev-'))).to.have.length(4);
    expect(names).to.contain('current').and.to.not.contain('.draft').and.to.not.contain('.shadow');
  });

  it('shows the block of one upstream as it was rendered', async () => {
    await given();
    const { gateway } = run();
    expect(gateway.rendered('shop')).to.equal(null);
    gateway.submit(shop(100, 100, 0));
    await serves(gateway, { a: 100, b: 100, c: 0 });
    expect(gateway.rendered('shop')).to.match(/^upstream shop \{\n[^]*down max_fails=0; # c\n[^]*\}$/);
    expect(gateway.rendered('nothing')).to.equal(null);
  });
});

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createConsul } from '../../../lib/consul/client.js';
import type { ConsulAccess, ConsulConnection, HealthEvent, HealthWatchOptions } from '../../../lib/consul/types.js';
import { createLog } from '../../../lib/log.js';
import { consulBinary, type RunningConsul, startConsul } from '../../support/consul.js';
import { eventually } from '../../support/eventually.js';
import { describeWith } from '../../support/parts.js';
import { freePort } from '../../support/ports.js';

const connection = (url: string, change: Partial<ConsulConnection> = {}): ConsulConnection => ({
  url,
  token: null,
  datacenter: null,
  ...change,
});

const put = async (url: string, body?: unknown, token?: string): Promise<unknown> => {
  const headers = token === undefined ? {} : { 'x-consul-token': token };
  const response = await fetch(url, {
    method: 'PUT',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text === '' ? null : (JSON.parse(text) as unknown);
};

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );

/** Follows a service and remembers what it was told. */
class Follower {
  readonly events: HealthEvent[] = [];
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(access: ConsulAccess, service: string, options: Partial<HealthWatchOptions> = {}) {
    const how = { selector: null, stale: true, maxStaleMs: 5_000, ...options };
    this.#done = access.watchHealth(service, how, this.#ending.signal, (event) => this.events.push(event));
  }

  get last(): string {
    const event = this.events.at(-1);
    if (event === undefined) return 'nothing';
    if (event.kind === 'error') return `error: ${event.why}`;
    return event.value.map(({ serviceId, datacenter, status }) => `${serviceId} ${datacenter} ${status}`).join(', ');
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }
}

const is = (follower: Follower, expected: string | RegExp): Promise<unknown> =>
  eventually(
    () => expect(follower.last).to.match(typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected),
    {
      timeoutMs: 15_000,
    },
  );

describeWith('consul', 'access to a Consul with ACLs', function () {
  this.timeout(40_000);
  const management = '7b36b9c8-0000-4000-8000-000000000001';
  let agent: RunningConsul;
  let folder: string;
  const policyOf = async (name: string, rules: string): Promise<string> => {
    const policy = (await put(`${agent.url}/v1/acl/policy`, { Name: name, Rules: rules }, management)) as {
      ID: string;
    };
    const made = (await put(`${agent.url}/v1/acl/token`, { Policies: [{ ID: policy.ID }] }, management)) as {
      SecretID: string;
    };
    return made.SecretID;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-acl-'));
    const hcl = `acl { enabled = true default_policy = "deny" tokens { master = "${management}" agent = "${management}" } }`;
    agent = await startConsul({ hcl, token: management });
    await eventually(
      () => put(`${agent.url}/v1/agent/service/register`, { ID: 'o-1', Name: 'orders', Port: 80 }, management),
      {
        timeoutMs: 10_000,
      },
    );
  });
  after(async () => {
    await agent.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('uses the token of a file, and the new one once it was renewed', async () => {
    const reading = await policyOf('reads', 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }');
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${management}\n`);
    const access = createConsul(connection(agent.url, { tokenFile }));
    expect((await access.health('orders', { selector: null })).entries).to.have.length(1);
    writeFileSync(tokenFile, '');
    expect((await access.health('orders', { selector: null })).entries, 'empty for a moment').to.have.length(1);
    writeFileSync(tokenFile, `${reading}\n`);
    expect((await access.health('orders', { selector: null })).entries).to.have.length(1);
    const refused = await failureOf(access.kv.put('x', 'y'));
    expect(refused).to.have.property('status', 403);
    access.close();
  });

  it('says so, with what the token needs, and never shows it', async () => {
    const access = createConsul(connection(agent.url, { token: '11111111-2222-4333-8444-555555555555' }));
    const refused = await failureOf(access.health('orders', { selector: null }));
    expect(refused).to.include({ code: 'CONSUL_REFUSED', status: 403 });
    const lines: string[] = [];
    const log = createLog({
      level: 'debug',
      name: 'test',
      destination: { write: (line: string) => void lines.push(line) },
    });
    log.error({ err: refused }, 'refused');
    expect(lines.join()).to.include('ACL not found').and.not.to.include('11111111');
    access.close();
  });

  it('knows a file that never held a token for a mistake', async () => {
    const access = createConsul(connection(agent.url, { tokenFile: join(folder, 'none') }));
    expect(await failureOf(access.health('orders', { selector: null }))).to.include({ code: 'CONSUL_TOKEN' });
    access.close();
  });
});

describeWith('consul', 'access to a Consul over TLS', function () {
  this.timeout(40_000);
  let agent: RunningConsul;
  let folder: string;
  let url: string;
  const file = (name: string): string => join(folder, name);
  const make = (...args: string[]): void => void execFileSync(consulBinary(), ['tls', ...args], { cwd: folder });
  const tls = (change: Partial<NonNullable<ConsulConnection['tls']>> = {}): NonNullable<ConsulConnection['tls']> => ({
    caFile: file('consul-agent-ca.pem'),
    certFile: file('dc1-client-consul-0.pem'),
    keyFile: file('dc1-client-consul-0-key.pem'),
    serverName: null,
    insecureSkipVerify: false,
    ...change,
  });
  const reach = async (change: Partial<NonNullable<ConsulConnection['tls']>> | null): Promise<unknown> => {
    const access = createConsul(connection(url, change === null ? {} : { tls: tls(change) }));
    try {
      return (await access.health('consul', { selector: null })).entries.length;
    } catch (thrown) {
      return thrown;
    } finally {
      access.close();
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-tls-'));
    make('ca', 'create');
    make('cert', 'create', '-server');
    make('cert', 'create', '-client');
    const port = await freePort();
    const [ca, cert, key] = ['consul-agent-ca.pem', 'dc1-server-consul-0.pem', 'dc1-server-consul-0-key.pem'].map(file);
    const hcl = `ports { https = ${port} } verify_incoming_https = true ca_file = "${ca}" cert_file = "${cert}" key_file = "${key}"`;
    agent = await startConsul({ hcl });
    url = `https://127.0.0.1:${port}`;
  });
  after(async () => {
    await agent.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows its own certificate and believes the one that it knows', async () => {
    expect(await reach({})).to.equal(1);
  });

  for (const [what, change] of [
    ['an unknown certificate', null],
    ['another name than expected', { serverName: 'elsewhere.example.org' }],
    ['a client without a certificate', { certFile: null, keyFile: null }],
  ] as const)
    it(`does not work with ${what}`, async () => {
      expect(await reach(change)).to.include({ code: 'CONSUL_UNREACHABLE' });
    });

  it('accepts another name where it is told to, and any certificate only where it is told to', async () => {
    expect(await reach({ serverName: 'server.dc1.consul' })).to.equal(1);
    expect(await reach({ caFile: null, insecureSkipVerify: true })).to.equal(1);
  });

  it('names the file that cannot be read', async () => {
    const failed = await reach({ caFile: file('none.pem') });
    expect(failed).to.include({ code: 'CONSUL_TLS' }).and.to.have.property('message').that.includes('none.pem');
  });

  it('takes up a renewed certificate', async () => {
    for (const suffix of ['', '-key']) copyFileSync(file(`dc1-server-consul-0${suffix}.pem`), file(`own${suffix}.pem`));
    writeFileSync(file('own.pem'), 'not yet');
    const access = createConsul(
      connection(url, { tls: tls({ certFile: file('own.pem'), keyFile: file('own-key.pem') }) }),
    );
    expect(await failureOf(access.health('consul', { selector: null }))).to.be.instanceOf(Error);
    for (const suffix of ['', '-key']) copyFileSync(file(`dc1-client-consul-0${suffix}.pem`), file(`own${suffix}.pem`));
    expect((await access.health('consul', { selector: null })).entries).to.have.length(1);
    access.close();
  });
});

describeWith('consul', 'access to two datacenters', function () {
  this.timeout(60_000);
  let near: RunningConsul;
  let far: RunningConsul;
  let access: ConsulAccess;
  const register = (agent: RunningConsul, id: string): Promise<unknown> =>
    put(`${agent.url}/v1/agent/service/register`, { ID: id, Name: 'orders', Address: '127.0.0.1', Port: 80 });

  before(async () => {
    const [one, other] = [await freePort(), await freePort()];
    near = await startConsul({ datacenter: 'dc1', wanPort: one });
    far = await startConsul({ datacenter: 'dc2', wanPort: other, hcl: `retry_join_wan = ["127.0.0.1:${one}"]` });
    await Promise.all([register(near, 'web'), register(far, 'web')]);
    access = createConsul(connection(near.url));
    await eventually(() => access.health('orders', { selector: null, datacenters: ['dc2'] }), { timeoutMs: 20_000 });
  });
  after(async () => {
    access.close();
    await Promise.all([near.stop(), far.stop()]);
  });

  it('asks the one that a service names', async () => {
    const { entries } = await access.health('orders', { selector: null, datacenters: ['dc2'] });
    expect(entries.map(({ datacenter }) => datacenter)).to.deep.equal(['dc2']);
  });

  it('follows both as one, keeps the list of the one that is gone, and says which it is', async () => {
    const follower = new Follower(access, 'orders', { datacenters: ['dc1', 'dc2'] });
    await is(follower, 'web dc1 passing, web dc2 passing');
    await register(far, 'api');
    await is(follower, 'web dc1 passing, api dc2 passing, web dc2 passing');
    await far.kill();
    await put(`${near.url}/v1/agent/service/maintenance/web?enable=true&reason=move`);
    await is(follower, 'web dc1 maintenance, api dc2 passing, web dc2 passing');
    await eventually(
      () =>
        expect(follower.events.at(-1))
          .to.have.property('trouble')
          .that.matches(/^datacenter dc2: Consul at .* answered 500/),
      { timeoutMs: 30_000 },
    );
    expect(follower.last).to.equal('web dc1 maintenance, api dc2 passing, web dc2 passing');
    await follower.end();
  });

  it('says which is missing where one does not exist', async () => {
    const follower = new Follower(access, 'orders', { datacenters: ['dc1', 'nowhere'] });
    await eventually(() => expect(follower.events.at(-1)).to.include({ kind: 'value', partial: true }), {
      timeoutMs: 10_000,
    });
    expect(follower.events.at(-1))
      .to.have.property('trouble')
      .that.includes('datacenter nowhere')
      .and.includes('No path to datacenter');
    await follower.end();
  });
});

for (const [title, count, connections] of [
  ['more services than connections', 120, 90],
  ['long: hundreds of services on an agent as it comes', 300, 200],
] as const)
  describeWith('consul', title, function () {
    this.timeout(60_000);
    let agent: RunningConsul;
    let access: ConsulAccess;
    const names = Array.from({ length: count }, (_, i) => `svc-${i}`);
    const register = (id: string, name: string, more: object = {}): Promise<unknown> =>
      put(`${agent.url}/v1/agent/service/register`, { ID: id, Name: name, Address: '127.0.0.1', Port: 80, ...more });
    const check = (id: string) => ({ Check: { CheckID: id, TTL: '1h', Status: 'passing' } });

    before(async () => {
      agent = await startConsul({ connections });
      access = createConsul(connection(agent.url));
      for (const name of names) await register(name, name, check(`c-${name}`));
    });
    after(async () => {
      access.close();
      await agent.stop();
    });

    it('are all followed within the limit of connections, with every kind of change', async () => {
      const followers = names.map((name) => new Follower(access, name));
      const of = (i: number): Follower => followers[i] ?? expect.fail('no such service');
      await eventually(
        () => expect(followers.filter(({ last }) => /^svc-\d+ dc1 passing$/.test(last))).to.have.length(count),
        { timeoutMs: 20_000 },
      );
      await put(`${agent.url}/v1/agent/check/fail/c-svc-119`);
      await is(of(119), 'svc-119 dc1 critical');
      await put(`${agent.url}/v1/agent/check/warn/c-svc-119`);
      await is(of(119), 'svc-119 dc1 warning');
      await put(`${agent.url}/v1/agent/check/pass/c-svc-119`);
      await is(of(119), 'svc-119 dc1 passing');
      await register('more', 'svc-118');
      await is(of(118), 'more dc1 passing, svc-118 dc1 passing');
      await put(`${agent.url}/v1/agent/service/deregister/more`);
      await is(of(118), 'svc-118 dc1 passing');
      await put(`${agent.url}/v1/agent/maintenance?enable=true&reason=kernel`);
      await eventually(
        () => expect(followers.filter(({ last }) => last.endsWith('maintenance'))).to.have.length(count),
        {
          timeoutMs: 15_000,
        },
      );
      await put(`${agent.url}/v1/agent/maintenance?enable=false`);
      await is(of(117), 'svc-117 dc1 passing');
      expect(followers.flatMap(({ events }) => events).filter(({ kind }) => kind === 'error')).to.deep.equal([]);
      await Promise.all(followers.map((follower) => follower.end()));
    });

    it('stay known while the agent is away, and are found again', async () => {
      const some = createConsul(connection(agent.url), { dedicatedWatches: 0 });
      const follower = new Follower(some, 'svc-1');
      await is(follower, 'svc-1 dc1 passing');
      await agent.kill();
      await is(follower, /^error: Consul at .* did not answer/);
      await agent.start();
      await register('again', 'svc-1');
      await is(follower, 'again dc1 passing');
      await follower.end();
      some.close();
    });
  });

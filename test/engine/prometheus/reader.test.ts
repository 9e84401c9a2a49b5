import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrometheusPolicy } from '../../../config/index.js';
import type { ScrapeOutcome, Target, TargetKey } from '../../../engine/model.js';
import { PrometheusReader } from '../../../engine/prometheus/index.js';
import { systemClock } from '../../../lib/clock.js';
import { consulBinary } from '../../support/consul.js';
import { startInstance, type FakeInstance } from '../../support/instance.js';
import { describeWith } from '../../support/parts.js';
import { policyFor } from '../../support/policy.js';
import { freePort } from '../../support/ports.js';
import { startPrometheus, type RunningPrometheus } from '../../support/prometheus.js';

const serverAt = (url: string, change: Partial<PrometheusPolicy> = {}): PrometheusPolicy => {
  const { prometheus } = policyFor(`prometheus: {url: "${url}", timeout: 2s}`);
  if (prometheus === null) throw new Error('no server');
  return { ...prometheus, ...change };
};

const targetFor = (server: PrometheusPolicy, promql: string, values: readonly string[] = []): Target => ({
  key: 'prometheus x' as TargetKey,
  url: `${server.url}/api/v1/query`,
  level: 'prometheus',
  question: { server, promql },
  intervalMs: 15_000,
  connectTimeoutMs: 1_000,
  timeoutMs: server.timeoutMs,
  bodyLimitBytes: server.bodyLimitBytes,
  mapping: { kind: 'label', label: 'instance', values: new Map(values.map((value) => [value, []])) },
});

describe('the reader of a Prometheus server', () => {
  let reader: PrometheusReader;
  let server: Server;
  let url: string;
  let folder: string;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const seen: { path: string; body: string; headers: IncomingMessage['headers'] }[] = [];

  const ask = async (change: Partial<PrometheusPolicy> = {}, promql = 'up'): Promise<ScrapeOutcome> => {
    const asked = serverAt(url, change);
    const target = targetFor(asked, promql);
    const { outcome } = await reader.fetch(target, { server: asked, promql }, new AbortController().signal);
    return outcome;
  };
  const empty = (_request: IncomingMessage, response: ServerResponse): void =>
    void response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');

  beforeEach(async () => {
    reader = new PrometheusReader(systemClock);
    folder = mkdtempSync(join(tmpdir(), 'ballast-reader-'));
    seen.length = 0;
    answer = empty;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ path: request.url ?? '', body, headers: request.headers });
        answer(request, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  });
  afterEach(async () => {
    await reader.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('sends the query as it is, in one POST, under the base path', async () => {
    const promql = 'sum by (instance) (rate(x{a="ä&b"}[1m]))\n> 0';
    expect(await ask({ headers: { 'X-Scope-OrgID': 'team' }, maxAgeMs: 60_000 }, promql)).to.include({ kind: 'page' });
    const [request] = seen;
    expect(request?.path).to.equal('/base/api/v1/query');
    expect(request?.headers).to.include({ 'x-scope-orgid': 'team' });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).to.deep.equal({
      query: promql,
      timeout: '2000ms',
      lookback_delta: '60000ms',
    });
  });

  it('reads its token anew each time, so that it may be renewed', async () => {
    const tokenFile = join(folder, 'token');
    for (const token of ['first', 'second']) {
      writeFileSync(tokenFile, `${token}\n`);
      await ask({ tokenFile });
    }
    expect(seen.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer first', 'Bearer second']);
  });

  it('logs in with a name and a password', async () => {
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'pass: wörd\n');
    await ask({ basicAuth: { username: 'ballast', passwordFile } });
    const [, coded = ''] = seen[0]?.headers.authorization?.split(' ') ?? [];
    expect(Buffer.from(coded, 'base64').toString()).to.equal('ballast:pass: wörd');
  });

  it('sends nothing without the secret that it should send', async () => {
    expect(await ask({ tokenFile: join(folder, 'none') }))
      .to.have.property('why')
      .that.matches(/^the token file cannot be read: ENOENT/);
    writeFileSync(join(folder, 'two'), 'one\ntwo\n');
    expect(await ask({ tokenFile: join(folder, 'two') })).to.include({ kind: 'unreadable' });
    expect(seen).to.deep.equal([]);
  });

  it('tells a server that is down from one that is silent, cuts off, or says too much', async () => {
    answer = () => undefined;
    expect(await ask({ timeoutMs: 50 })).to.deep.equal({ kind: 'lost', why: 'no answer within 50 ms' });
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"status":');
      response.socket?.end();
    };
    expect(await ask()).to.include({ kind: 'lost' });
    answer = (_request, response) => void response.end('x'.repeat(2_000));
    expect(await ask({ bodyLimitBytes: 1_000 })).to.deep.equal({
      kind: 'unreadable',
      why: 'the answer is larger than the limit of 1000 bytes',
    });
    url = `http://127.0.0.1:${await freePort()}`;
    expect(await ask()).to.deep.equal({ kind: 'refused', why: 'connection refused' });
  });

  it('gives up with the reason of whoever stops it', async () => {
    const ending = new AbortController();
    answer = () => ending.abort(new Error('enough'));
    const asked = serverAt(url);
    const failed = await reader
      .fetch(targetFor(asked, 'up'), { server: asked, promql: 'up' }, ending.signal)
      .catch((thrown: unknown) => thrown);
    expect(failed).to.have.property('message', 'enough');
  });
});

describeWith('prometheus', 'the reader, on a real Prometheus', function () {
  this.timeout(30_000);
  let prometheus: RunningPrometheus;
  let fleet: FakeInstance[];
  let reader: PrometheusReader;
  const names = (): string[] => fleet.map(({ port }) => `127.0.0.1:${port}`);
  const ask = async (promql: string, change: Partial<PrometheusPolicy> = {}): Promise<ScrapeOutcome> => {
    const server = serverAt(prometheus.url, change);
    const target = targetFor(server, promql, names());
    return (await reader.fetch(target, { server, promql }, new AbortController().signal)).outcome;
  };
  const values = (outcome: ScrapeOutcome): unknown =>
    outcome.kind === 'page' ? outcome.samples.map(({ labels, value }) => [labels['instance'], value]).sort() : outcome;

  before(async () => {
    fleet = await Promise.all([startInstance(), startInstance()]);
    prometheus = await startPrometheus(names());
    reader = new PrometheusReader(systemClock);
  });
  after(async () => {
    await reader.close();
    await prometheus.stop();
    await Promise.all(fleet.map((each) => each.close()));
  });

  it('gets one element for each instance from one query', async () => {
    const outcome = await ask('max by (instance) (cpu_share) * 2');
    expect(values(outcome)).to.deep.equal(
      names()
        .sort()
        .map((name) => [name, 0.4]),
    );
    expect(outcome).to.deep.include({ warnings: [] });
    expect(outcome.kind === 'page' && outcome.samples.map(({ timestampMs }) => timestampMs)).to.deep.equal([
      null,
      null,
    ]);
  });

  it('gets numbers that are none, and several elements, as they are', async () => {
    expect(values(await ask('cpu_share * NaN'))).to.deep.equal(
      names()
        .sort()
        .map((name) => [name, NaN]),
    );
    expect(values(await ask('cpu_share / 0'))).to.deep.equal(
      names()
        .sort()
        .map((name) => [name, Infinity]),
    );
    const several = await ask('requests_total');
    expect(several.kind === 'page' && several.samples.length).to.equal(4);
  });

  for (const [promql, why] of [
    ['up{', /^status 400: bad_data: .*parse error: unexpected end of input/],
    ['up[5m]', /^the query gives a matrix, in which nobody is named/],
    ['sum(up) and', /^status 400: bad_data: .*parse error/],
    ['scalar(sum(up))', /^the query gives a scalar/],
    ['cpu_share * on(job) cpu_share', /^status 422: execution: .*duplicate series|many-to-many/],
  ] as const)
    it(`hands on what Prometheus says of ${promql}`, async () => {
      const outcome = await ask(promql);
      expect(outcome.kind).to.equal('unreadable');
      expect(outcome).to.have.property('why').that.matches(why);
    });

  it('says where the label does not name the instances', async () => {
    const outcome = await ask('sum by (job) (cpu_share)');
    expect(outcome).to.deep.include({
      warnings: [
        `2 of 2 values of instance are not in the answer (${names()
          .sort()
          .map((name) => `"${name}"`)
          .join(', ')}); its elements have no label "instance"`,
      ],
    });
  });
});

describeWith('consul', 'the reader, over TLS', () => {
  it('believes the certificate that it is told of, shows its own, and refuses any other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-reader-tls-'));
    const make = (...args: string[]): void => void execFileSync(consulBinary(), ['tls', ...args], { cwd: folder });
    make('ca', 'create');
    make('cert', 'create', '-server');
    make('cert', 'create', '-client');
    const file = (name: string): string => join(folder, name);
    const [ca, cert, key] = ['consul-agent-ca.pem', 'dc1-server-consul-0.pem', 'dc1-server-consul-0-key.pem'].map(
      (name) => readFileSync(file(name), 'utf8'),
    );
    const server = createSecure({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (_, response) => {
      response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const reader = new PrometheusReader(systemClock);
    const ask = async (tls: PrometheusPolicy['tls']): Promise<ScrapeOutcome> => {
      const asked = serverAt(url, { tls });
      return (await reader.fetch(targetFor(asked, 'up'), { server: asked, promql: 'up' }, new AbortController().signal))
        .outcome;
    };
    const own = {
      caFile: file('consul-agent-ca.pem'),
      certFile: file('dc1-client-consul-0.pem'),
      keyFile: file('dc1-client-consul-0-key.pem'),
      serverName: null,
      insecureSkipVerify: false,
    };
    expect(await ask(own)).to.include({ kind: 'page' });
    expect(await ask(null))
      .to.have.property('why')
      .that.matches(/^its certificate is not believed: /);
    expect(await ask({ ...own, serverName: 'elsewhere' })).to.include({ kind: 'unreadable' });
    expect(await ask({ ...own, caFile: file('none') }))
      .to.have.property('why')
      .that.includes('none');
    expect(await ask({ ...own, certFile: null, keyFile: null }))
      .to.have.property('kind')
      .that.is.oneOf(['lost', 'unreadable']);
    await reader.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
});

import { connect } from 'node:net';
import axios, { type AxiosRequestConfig } from 'axios';
import { expect } from 'chai';
import { Counter, Registry } from 'prom-client';
import { z } from 'zod';
import { BallastError } from '../../../lib/errors.js';
import { type AppOptions, createApp, listen, type Listening } from '../../../lib/http/server.js';
import { hearLog, type HeardLog } from '../../support/log.js';

const appWith = (over: Partial<AppOptions> = {}, log = hearLog().log) =>
  createApp({
    log,
    name: 'ballast-test',
    version: '1.2.3',
    tokens: [],
    metrics: new Registry(),
    ready: () => ({ ready: true, why: 'all is well' }),
    routes: (app) => {
      app.get('/v1/things/:name', (req, res) => void res.json({ name: req.params.name }));
      app.delete('/v1/things/:name', (_req, res) => void res.status(204).end());
      app.post('/v1/things', (req, res) => void res.json(z.object({ size: z.number() }).parse(req.body)));
      app.get('/v1/broken', () => {
        throw new Error('secret internals');
      });
      app.get('/v1/late', () => Promise.reject(new Error('secret internals')));
      app.get('/v1/held', () => {
        throw new BallastError('MIN_AVAILABLE', 'needs 5 available, has 4', { status: 409, hint: 'wait' });
      });
    },
    ...over,
  });

describe('http server', () => {
  let server: Listening;
  let heard: HeardLog;
  const start = async (over: Partial<AppOptions> = {}): Promise<void> => {
    heard = hearLog();
    server = await listen(appWith(over, heard.log), { host: '127.0.0.1', port: 0 });
  };
  const ask = (path: string, config: AxiosRequestConfig = {}) =>
    axios.request<unknown>({ url: server.url + path, proxy: false, validateStatus: () => true, ...config });
  afterEach(() => server.close());

  it('serves routes, and health, readiness and metrics beside them', async () => {
    const metrics = new Registry();
    new Counter({ name: 'scrapes_total', help: 'scrapes', registers: [metrics] }).inc(3);
    await start({ metrics });
    expect((await ask('/v1/things/a')).data).to.deep.equal({ name: 'a' });
    expect((await ask('/-/healthy')).data).to.deep.equal({ name: 'ballast-test', version: '1.2.3', healthy: true });
    expect((await ask('/metrics')).data).to.include('scrapes_total 3');
  });

  it('answers 503 with the reason until it is ready', async () => {
    await start({ ready: () => ({ ready: false, why: 'Consul has not answered yet' }) });
    const { status, data } = await ask('/-/ready');
    expect(status).to.equal(503);
    expect(data).to.include({ ready: false, why: 'Consul has not answered yet' });
  });

  const wrongs: [string, AxiosRequestConfig, string, number, string][] = [
    ['nobody serves it', {}, '/v1/nothing', 404, 'NOT_FOUND'],
    ['a wrong method', { method: 'POST' }, '/v1/things/a', 405, 'METHOD_NOT_ALLOWED'],
    ['a wrong method on the probes', { method: 'DELETE' }, '/-/healthy', 405, 'METHOD_NOT_ALLOWED'],
    ['a body that is no JSON', { method: 'POST', data: '{', headers: json() }, '/v1/things', 400, 'INVALID_REQUEST'],
    ['a body that does not fit', { method: 'POST', data: { size: 'XL' } }, '/v1/things', 400, 'INVALID_REQUEST'],
    ['no body', { method: 'POST' }, '/v1/things', 400, 'INVALID_REQUEST'],
    ['a body too large', { method: 'POST', data: { a: 'x'.repeat(2e6) } }, '/v1/things', 413, 'INVALID_REQUEST'],
    ['a path that cannot be decoded', {}, '/v1/things/%ff', 400, 'INVALID_REQUEST'],
    ['a refusal', {}, '/v1/held', 409, 'MIN_AVAILABLE'],
    ['a bug', {}, '/v1/broken', 500, 'INTERNAL'],
    ['a bug that comes late', {}, '/v1/late', 500, 'INTERNAL'],
  ];
  for (const [name, config, path, status, code] of wrongs)
    it(`answers ${status} ${code} as problem+json: ${name}`, async () => {
      await start();
      const answer = await ask(path, config);
      expect(answer.status).to.equal(status);
      expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
      expect(answer.data).to.include({ status, code });
      expect(JSON.stringify(answer.data)).not.to.match(/secret|node_modules/);
    });

  it('says of a body that is refused what is wrong, and what may be', async () => {
    await start();
    const detail = async (config: AxiosRequestConfig) =>
      z.object({ detail: z.string() }).parse((await ask('/v1/things', { method: 'POST', ...config })).data).detail;
    expect(await detail({ data: '{', headers: json() })).to.match(/^the body is no JSON: /);
    expect(await detail({ data: {} })).to.match(/^body\.size: is missing/);
    expect(await detail({ data: { a: 'x'.repeat(2e6) } })).to.equal(
      'the body has 2000008 bytes and may have 1048576 at most',
    );
  });

  it('names the methods that a path takes', async () => {
    await start();
    expect((await ask('/v1/things/a', { method: 'PUT' })).headers['allow']).to.equal('DELETE, GET, HEAD');
    expect((await ask('/v1/things', { method: 'GET' })).headers['allow']).to.equal('POST');
  });

  it('logs a bug whole, and a refusal not at all', async () => {
    await start();
    await ask('/v1/broken');
    await ask('/v1/held');
    expect(heard.lines).to.have.length(1);
    expect(JSON.stringify(heard.lines[0])).to.include('secret internals');
  });

  it('sends security headers, and lets nobody cache', async () => {
    await start();
    const { headers } = await ask('/v1/things/a');
    expect(headers['x-content-type-options']).to.equal('nosniff');
    expect(headers['cache-control']).to.equal('no-store');
    expect(headers['x-powered-by']).to.equal(undefined);
  });

  const token = (value: string): AxiosRequestConfig => ({ headers: { authorization: `Bearer ${value}` } });
  const keys: [string, string, AxiosRequestConfig, number][] = [
    ['none', '/v1/things/a', {}, 401],
    ['a wrong one', '/v1/things/a', token('other'), 401],
    ['a part of one', '/v1/things/a', token('alph'), 401],
    ['another scheme', '/v1/things/a', { headers: { authorization: 'Basic alpha' } }, 401],
    ['one in the URL', '/v1/things/a?token=alpha', {}, 401],
    ['none, on a path that nobody serves', '/v1/nothing', {}, 401],
    ['none, for metrics', '/metrics', {}, 401],
    ['none, for the probes', '/-/ready', {}, 200],
    ['the first', '/v1/things/a', token('alpha'), 200],
    ['the second', '/v1/things/a', token('beta'), 200],
    ['one in our own header', '/v1/things/a', { headers: { 'x-ballast-token': 'beta' } }, 200],
  ];
  for (const [name, path, config, status] of keys)
    it(`answers ${status} with tokens: ${name}`, async () => {
      await start({ tokens: ['alpha', 'beta'] });
      expect((await ask(path, config)).status).to.equal(status);
    });

  const hosts: [string, AxiosRequestConfig, number][] = [
    ['a name that somebody pointed here', { headers: { host: 'evil.example:7070' } }, 403],
    ['a name that begins like ours', { headers: { host: 'localhost.evil.example' } }, 403],
    ['localhost', { headers: { host: 'localhost:7070' } }, 200],
    ['IPv6 loopback', { headers: { host: '[::1]:7070' } }, 200],
    ['another site that only reads', { headers: { 'sec-fetch-site': 'cross-site' } }, 200],
    ['another site that writes', { method: 'DELETE', headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ];
  for (const [name, config, status] of hosts)
    it(`answers ${status} on loopback without tokens: ${name}`, async () => {
      await start();
      expect((await ask('/v1/things/a', config)).status).to.equal(status);
    });

  it('closes while a client keeps an idle connection open', async () => {
    await start();
    const socket = connect(server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await server.close();
    await closed;
  });
});

describe('listen', () => {
  const refused = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'listening',
      (error: unknown) => error,
    );

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org'])
    it(`refuses ${host} without tokens`, async () => {
      expect(await refused(listen(appWith(), { host, port: 0 }))).to.include({ code: 'TOKENS_REQUIRED' });
    });

  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost'])
    it(`takes ${host} without tokens`, async () => {
      await (await listen(appWith(), { host, port: 0 })).close();
    });

  it('takes any address with tokens', async () => {
    await (await listen(appWith({ tokens: ['alpha'] }), { host: '0.0.0.0', port: 0 })).close();
  });

  it('names the address that is taken already', async () => {
    const first = await listen(appWith(), { host: '127.0.0.1', port: 0 });
    const error = await refused(listen(appWith(), { host: '127.0.0.1', port: first.port }));
    await first.close();
    expect(error).to.include({ code: 'CANNOT_LISTEN' });
    expect(error).to.have.property('message').that.includes(`127.0.0.1:${first.port}`);
  });
});

function json(): Record<string, string> {
  return { 'content-type': 'application/json' };
}

import { createServer, type RequestListener, type Server } from 'node:http';
import { expect } from 'chai';
import { z } from 'zod';
import { createClient } from '../../../lib/http/client.js';
import { isoTime } from '../../../lib/time.js';
import { freePort } from '../../support/ports.js';

const schema = z.object({ at: isoTime });

describe('http client', () => {
  let server: Server | null = null;
  const serve = async (listener: RequestListener): Promise<string> => {
    const started = createServer(listener);
    server = started;
    const port = await freePort();
    await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${port}`;
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      (value) => ({ value }),
      (thrown: unknown) => thrown,
    );
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = null;
  });

  it('decodes what it gets, with the index', async () => {
    const url = await serve((_req, res) =>
      res
        .setHeader('X-Ballast-Index', '42')
        .setHeader('Content-Type', 'application/json')
        .end('{"at":"2030-01-01T00:00:00Z"}'),
    );
    const answer = await createClient({ baseUrl: url, timeoutMs: 1_000 }).get('/v1/x', schema);
    expect(answer).to.deep.equal({ value: { at: Date.UTC(2030, 0, 1) }, index: 42 });
  });

  it('has nothing compressed that stays on this machine', async () => {
    let accepted: unknown;
    const url = await serve((req, res) => {
      accepted = req.headers['accept-encoding'];
      res.setHeader('Content-Type', 'application/json').end('null');
    });
    await createClient({ baseUrl: url, timeoutMs: 1_000 }).get('/v1/x', z.null());
    expect(accepted).to.equal('identity');
  });

  it('sends token, body and query', async () => {
    const seen: string[] = [];
    const url = await serve((req, res) => {
      seen.push(`${req.method} ${req.url} ${req.headers.authorization}`);
      req.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      req.on('end', () => res.setHeader('Content-Type', 'application/json').end('null'));
    });
    const client = createClient({ baseUrl: url, token: 'alpha', timeoutMs: 1_000 });
    await client.send('POST', '/v1/pause', z.null(), { body: { scope: 'all' }, query: { dry_run: 1, not: undefined } });
    expect(seen).to.deep.equal(['POST /v1/pause?dry_run=1 Bearer alpha', '{"scope":"all"}']);
  });

  const answers: [string, RequestListener, string, number | null][] = [
    ['an answer of another shape', (_q, res) => res.end('{"at":"yesterday"}'), 'INVALID_ANSWER', null],
    ['a page of HTML', (_q, res) => res.end('<html>'), 'INVALID_ANSWER', null],
    ['an error that is not ours', (_q, res) => res.writeHead(502).end('<html>'), 'HTTP_502', 502],
    ['a redirect', (_q, res) => res.writeHead(302, { location: '/' }).end(), 'HTTP_302', 302],
    [
      'a problem',
      (_q, res) =>
        res
          .writeHead(409, { 'content-type': 'application/problem+json' })
          .end('{"type":"t","title":"Conflict","status":409,"detail":"needs 5","code":"MIN_AVAILABLE","hint":"wait"}'),
      'MIN_AVAILABLE',
      409,
    ],
    ['a connection that breaks', (req) => req.socket.destroy(), 'UNREACHABLE', null],
    [
      'an answer that breaks',
      (_q, res) => (res.writeHead(200), res.write('{"at'), setImmediate(() => res.destroy())),
      'UNREACHABLE',
      null,
    ],
  ];
  for (const [name, listener, code, status] of answers)
    it(`rejects with ${code}: ${name}`, async () => {
      const url = await serve(listener);
      const error = await failureOf(createClient({ baseUrl: url, timeoutMs: 1_000 }).get('/v1/x', schema));
      expect(error).to.include({ code, status });
    });

  it('names who is not there', async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    const error = await failureOf(createClient({ baseUrl, timeoutMs: 1_000 }).get('/v1/x', schema));
    expect(error).to.include({ code: 'UNREACHABLE' });
    expect(error).to.have.property('message').that.includes(`${baseUrl}/v1/x`);
  });

  it('gives up after the timeout, which a wait makes longer', async () => {
    const url = await serve(() => undefined);
    const client = createClient({ baseUrl: url, timeoutMs: 30 });
    const plain = await failureOf(client.get('/v1/x', schema));
    expect(plain).to.include({ code: 'TIMEOUT', message: `${url}/v1/x did not answer within 30 ms` });
    const waiting = await failureOf(client.get('/v1/x', schema, { query: { index: 1, wait: '40ms' } }));
    expect(waiting).to.include({ message: `${url}/v1/x did not answer within 70 ms` });
  });

  it('rejects with the reason of the signal', async () => {
    const url = await serve(() => undefined);
    const client = createClient({ baseUrl: url, timeoutMs: 5_000 });
    expect(await failureOf(client.get('/v1/x', schema, { signal: AbortSignal.abort('before') }))).to.equal('before');
    const ending = new AbortController();
    const asked = failureOf(client.get('/v1/x', schema, { signal: ending.signal }));
    ending.abort('during');
    expect(await asked).to.equal('during');
  });
});

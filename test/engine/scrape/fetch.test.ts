import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { ScrapeOutcome, Target, TargetKey } from '../../../engine/model.js';
import { PageFetcher } from '../../../engine/scrape/index.js';
import { Plain } from '../../../engine/scrape/plain.js';
import { Pooled } from '../../../engine/scrape/pooled.js';
import type { Transport } from '../../../engine/scrape/transport.js';
import { systemClock } from '../../../lib/clock.js';
import { freePort } from '../../support/ports.js';
import { eventually } from '../../support/eventually.js';
import { wanting } from './filters.js';

/** What cannot be compressed much. */
const noise = (size: number): string => randomBytes(size).toString('hex');

const filter = wanting(['up', 'other']);

const transports: readonly (readonly [string, () => Transport])[] = [
  ['its own reader', () => new Plain(systemClock)],
  ['undici', () => new Pooled(systemClock)],
];

for (const [how, transport] of transports) {
  describe(`PageFetcher by ${how} against real servers`, () => {
    const servers: (Server | TcpServer)[] = [];
    const sockets = new Set<Socket>();
    let fetcher = new PageFetcher(systemClock, transport());

    beforeEach(() => {
      fetcher = new PageFetcher(systemClock, transport());
    });

    afterEach(async () => {
      await fetcher.close();
      for (const socket of sockets) socket.destroy();
      for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    });

    const listen = async (server: Server | TcpServer): Promise<string> => {
      servers.push(server);
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    };

    const http = (listener: RequestListener): Promise<string> => listen(createServer(listener));
    const tcp = (listener: (socket: Socket) => void): Promise<string> => listen(createTcpServer(listener));

    const scrape = async (url: string, over: Partial<Target> = {}): Promise<ScrapeOutcome> => {
      const target: Target = {
        key: url as TargetKey,
        url,
        level: 'app',
        intervalMs: 1000,
        connectTimeoutMs: 1000,
        timeoutMs: 5_000,
        bodyLimitBytes: 1_000_000,
        mapping: { kind: 'whole', instances: [] },
        ...over,
      };
      const { outcome } = await fetcher.fetch(target, filter, new AbortController().signal);
      // The connection is free again only after the turn in which its answer ended.
      await new Promise(setImmediate);
      return outcome;
    };

    it('reads a page, asking for text 0.0.4', async () => {
      let accept = '';
      const url = await http((request, response) => {
        accept = request.headers.accept ?? '';
        response.end('up 1\nelse 2\n');
      });
      expect(await scrape(url)).to.deep.equal({
        kind: 'page',
        samples: [{ name: 'up', labels: {}, value: 1, timestampMs: null }],
        warnings: [],
      });
      expect(accept).to.match(/^text\/plain;version=0\.0\.4/);
    });

    it('keeps its connection', async () => {
      const url = await http((_, response) => response.end('up 1\n'));
      let connections = 0;
      servers[0]?.on('connection', () => connections++);
      for (let i = 0; i < 5; i++) expect((await scrape(url)).kind).to.equal('page');
      expect(connections).to.equal(1);
    });

    const unreadable: readonly (readonly [string, RequestListener, RegExp])[] = [
      [
        'HTML by its type',
        (_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end('up 1\n'),
        /HTML/,
      ],
      ['HTML by its looks', (_, response) => response.end('<html></html>'), /HTML/],
      ['status 500', (_, response) => response.writeHead(500).end('up 1\n'), /status 500/],
      ['status 204', (_, response) => response.writeHead(204).end(), /status 204/],
      ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end(), /status 302/],
      ['broken JSON', (_, response) => response.setHeader('content-type', 'application/json').end('{'), /JSON/],
      [
        'protobuf',
        (_, response) => response.setHeader('content-type', 'application/vnd.google.protobuf').end('x'),
        /protobuf/,
      ],
      [
        'OpenMetrics without an end',
        (_, response) => response.setHeader('content-type', 'application/openmetrics-text').end('up 1\n'),
        /no OpenMetrics page: line 2 is the end/,
      ],
      [
        'what is compressed in an unknown way',
        (_, response) => response.setHeader('content-encoding', 'br').end('x'),
        /compressed by br, which cannot be read/,
      ],
      ['no gzip', (_, response) => response.setHeader('content-encoding', 'gzip').end('up 1'), /no valid gzip/],
      [
        'gzip that ends half way',
        (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('up 1\n').subarray(0, 15)),
        /no valid gzip: unexpected end of file/,
      ],
      [
        'a little gzip that holds much',
        (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(1_000_001, '\n'))),
        /larger than the limit of 1000000 bytes once uncompressed/,
      ],
      [
        'much gzip that holds more',
        (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(noise(40_000) + '\n'.repeat(1e6))),
        /larger than the limit of 1000000 bytes once uncompressed/,
      ],
      ['plain words', (_, response) => response.end('Bad Gateway'), /no line/],
    ];
    for (const [what, listener, why] of unreadable)
      it(`finds ${what} unreadable`, async () => {
        const outcome = await scrape(await http(listener));
        expect(outcome.kind).to.equal('unreadable');
        expect(outcome).to.have.property('why').that.matches(why);
      });

    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['X-GZIP', gzipSync],
      ['deflate', deflateSync],
      ['deflate', deflateRawSync],
    ] as const)
      for (const size of [0, 200_000])
        it(`reads what comes as ${encoding} (${compress.name}), of ${size} bytes more`, async () => {
          const url = await http((_, response) => {
            response.setHeader('content-encoding', encoding);
            response.end(compress(`up 1\n# ${noise(size)}\n`));
          });
          expect(await scrape(url))
            .to.deep.include({ kind: 'page', warnings: [] })
            .and.have.nested.property('samples.length', 1);
        });

    it('asks for compression when told to, and for a format', async () => {
      const asked: unknown[] = [];
      const url = await http(({ headers }, response) => {
        asked.push([headers['accept-encoding'], headers.accept?.split(';')[0]]);
        response.end('up 1\n');
      });
      await scrape(url);
      await scrape(url, { gzip: true });
      await scrape(url, { format: 'openmetrics' });
      await scrape(url, { format: 'json' });
      expect(asked).to.deep.equal([
        [undefined, 'text/plain'],
        ['gzip, deflate;q=0.5', 'text/plain'],
        [undefined, 'application/openmetrics-text'],
        [undefined, 'application/json'],
      ]);
    });

    it('reads a page by its type, or as it is told to', async () => {
      const page = '# TYPE up gauge\nup 1\n';
      const url = await http((_, response) => response.setHeader('content-type', 'text/plain').end(page));
      expect((await scrape(url)).kind).to.equal('page');
      expect(await scrape(url, { format: 'openmetrics' }))
        .to.have.property('why')
        .that.matches(
          /without # EOF before it; it was read as openmetrics, as the service file says, and came as text/,
        );
      const json = await http((_, response) => response.setHeader('content-type', 'text/plain').end('{"up":2}'));
      expect(await scrape(json))
        .to.have.property('warnings')
        .with.length(1);
      expect(await scrape(json, { format: 'json' })).to.have.nested.property('samples[0].value', 2);
    });

    it('finds what is not HTTP unreadable', async () => {
      expect((await scrape(await tcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n')))).kind).to.equal('unreadable');
    });

    it('cuts 100 MB at the limit, long before its end', async () => {
      let sent = 0;
      const chunk = Buffer.from('other 1\n'.repeat(8192));
      const url = await http((_, response) => {
        const push = (): void => {
          while (sent < 100_000_000 && !response.destroyed) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', push);
          }
          response.end();
        };
        push();
      });
      const outcome = await scrape(url);
      expect(outcome)
        .to.have.property('why')
        .that.matches(/larger than the limit of 1000000 bytes/);
      expect(outcome.kind).to.equal('unreadable');
      expect(sent).to.be.lessThan(50_000_000);
    });

    it('believes a Content-Length that is over the limit, and reads nothing', async () => {
      const url = await http((_, response) =>
        response.writeHead(200, { 'content-length': '100000000' }).write('up 1\n'),
      );
      expect(await scrape(url))
        .to.have.property('why')
        .that.matches(/says 100000000/);
    });

    it('cuts a body that never ends at the time limit: it began to answer, and did not end', async () => {
      let closed = false;
      const url = await http((_, response) => {
        response.write('up 1\n');
        response.on('close', () => (closed = true));
      });
      const outcome = await scrape(url, { timeoutMs: 100 });
      expect(outcome).to.deep.equal({ kind: 'unfinished', why: 'no whole answer within 100 ms' });
      await eventually(() => closed);
    });

    it('loses headers that do not come in time', async () => {
      expect((await scrape(await http(() => undefined), { timeoutMs: 100 })).kind).to.equal('lost');
    });

    it('reads NaN everywhere as NaN', async () => {
      const outcome = await scrape(await http((_, response) => response.end('up NaN\nother NaN\n')));
      expect(outcome.kind === 'page' && outcome.samples.map(({ value }) => value)).to.deep.equal([NaN, NaN]);
    });

    it('keeps the first of a duplicate and warns', async () => {
      const outcome = await scrape(await http((_, response) => response.end('up 1\nup 2\n')));
      expect(outcome.kind === 'page' && outcome.samples.map(({ value }) => value)).to.deep.equal([1]);
      expect(outcome.kind === 'page' && outcome.warnings).to.have.length(1);
    });

    it('is refused where nobody listens', async () => {
      const port = await freePort();
      expect(await scrape(`http://127.0.0.1:${port}/metrics`)).to.deep.equal({
        kind: 'refused',
        why: 'connection refused',
      });
      expect((await scrape(`http://localhost:${port}/metrics`)).kind).to.equal('refused');
    });

    it('loses a name that does not resolve', async () => {
      expect((await scrape('http://nowhere.invalid/metrics', { timeoutMs: 2_000 })).kind).to.equal('lost');
    });

    it('tells a connection closed within the body from one that never answered', async () => {
      const url = await tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nup 1\n', () => socket.end());
      });
      expect((await scrape(url)).kind).to.equal('unfinished');
    });

    it('loses a process that hangs up on new connections, without asking twice', async () => {
      let connections = 0;
      const url = await tcp((socket) => {
        connections++;
        socket.once('data', () => socket.destroy());
      });
      expect((await scrape(url)).kind).to.equal('lost');
      expect(connections).to.equal(1);
    });

    it('asks again at once where only the kept connection had been closed', async () => {
      let requests = 0;
      const url = await tcp((socket) => {
        let served = false;
        socket.on('data', () => {
          requests++;
          // The second request on a connection meets a peer that has just given it up.
          if (served) return void socket.resetAndDestroy();
          served = true;
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nup 1\n');
        });
      });
      expect((await scrape(url)).kind).to.equal('page');
      expect((await scrape(url)).kind).to.equal('page');
      expect(requests).to.equal(3);
    });

    it('rejects with the reason of the signal, and only then', async () => {
      const stop = new AbortController();
      const url = await http(() => undefined);
      const target = { key: url as TargetKey, url, connectTimeoutMs: 500, timeoutMs: 5_000, bodyLimitBytes: 10 };
      const fetching = fetcher.fetch(
        { ...target, level: 'app', intervalMs: 1000, mapping: { kind: 'whole', instances: [] } },
        filter,
        stop.signal,
      );
      stop.abort(new Error('enough'));
      const reason = await fetching.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(reason).to.equal(stop.signal.reason);
    });

    it('asks on several connections at once where it must, and keeps them', async () => {
      const held: (() => void)[] = [];
      let holds = true;
      const url = await http((_, response) => {
        const answer = (): void => void response.end('up 1\n');
        if (holds) held.push(answer);
        else answer();
      });
      let connections = 0;
      servers[0]?.on('connection', () => connections++);
      const both = Promise.all([scrape(url), scrape(`${url}?other`)]);
      await eventually(() => held.length === 2);
      holds = false;
      for (const answer of held) answer();
      expect((await both).map(({ kind }) => kind)).to.deep.equal(['page', 'page']);
      for (let i = 0; i < 4; i++) await scrape(url);
      expect(connections).to.equal(2);
    });

    it('reads a page in many pieces, counted and in chunks', async () => {
      const lines = Array.from({ length: 3_000 }, (_, i) => `up{i="${i}"} ${i}\n`);
      for (const head of [{}, { 'content-length': Buffer.byteLength(lines.join('')) }]) {
        const url = await http((_, response) => {
          response.writeHead(200, head);
          const more = lines
            .map((_line, at) => lines.slice(at * 700, (at + 1) * 700).join(''))
            .filter((text) => text !== '');
          const push = (): void => {
            const next = more.shift();
            if (next === undefined) response.end();
            else response.write(next, () => setImmediate(push));
          };
          push();
        });
        const outcome = await scrape(url);
        expect(outcome.kind === 'page' && outcome.samples.map(({ value }) => value)).to.deep.equal(
          lines.map((_, i) => i),
        );
      }
    });

    it('does not use a connection for longer than the peer says that it keeps it', async () => {
      const url = await http((_, response) => response.setHeader('keep-alive', 'timeout=1').end('up 1\n'));
      let connections = 0;
      servers[0]?.on('connection', () => connections++);
      for (let i = 0; i < 3; i++) expect((await scrape(url)).kind).to.equal('page');
      expect(connections).to.equal(3);
    });

    it('takes what comes unasked on an idle connection for no answer', async () => {
      const idle: Socket[] = [];
      const url = await tcp((socket) => {
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nup 1\n');
          idle.push(socket);
        });
      });
      expect((await scrape(url)).kind).to.equal('page');
      const [first] = idle;
      await new Promise<void>((resolve) =>
        first?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nup 9\n', () => resolve()),
      );
      await eventually(() => first?.destroyed === true || first?.readableEnded === true);
      const outcome = await scrape(url);
      expect(outcome.kind === 'page' && outcome.samples.map(({ value }) => value)).to.deep.equal([1]);
    });
  });
}

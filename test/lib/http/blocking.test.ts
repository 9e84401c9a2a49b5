import axios from 'axios';
import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { BallastError } from '../../../lib/errors.js';
import { blocking, jsonBytes } from '../../../lib/http/blocking.js';
import { createClient } from '../../../lib/http/client.js';
import { createApp, listen, type Listening } from '../../../lib/http/server.js';
import { Waiters } from '../../../lib/http/waiters.js';
import { Watched } from '../../../lib/http/watched.js';
import { VirtualClock } from '../../fakes/clock.js';
import { eventually } from '../../support/eventually.js';
import { hearLog } from '../../support/log.js';

const never = new AbortController().signal;

describe('Watched', () => {
  const create = () => {
    const clock = new VirtualClock();
    return { clock, watched: new Watched('a', clock) };
  };

  it('moves its index with set, and not with touch', () => {
    const { watched } = create();
    const { index } = watched.get();
    watched.touch('b');
    expect(watched.get()).to.deep.equal({ index, value: 'b' });
    watched.set('c');
    expect(watched.get()).to.deep.equal({ index: index + 1, value: 'c' });
  });

  const atOnce: [string, (now: number) => number][] = [
    ['none', () => 0],
    ['an old one', (now) => now - 1],
    ['one from the future, or another life', (now) => now + 5],
  ];
  for (const [name, asked] of atOnce)
    it(`answers at once to an index that is ${name}`, async () => {
      const { watched } = create();
      const { index } = watched.get();
      expect(await watched.wait(asked(index), 1_000, never)).to.deep.equal({ index, value: 'a' });
    });

  it('answers the current index with the next change', async () => {
    const { watched, clock } = create();
    const { index } = watched.get();
    const waiting = watched.wait(index, 60_000, never);
    await clock.advance(59_999);
    watched.touch('b');
    watched.set('c');
    expect(await waiting).to.deep.equal({ index: index + 1, value: 'c' });
    expect([watched.waiting, clock.sleeping]).to.deep.equal([0, 0]);
  });

  it('answers with the newest value when the time is up', async () => {
    const { watched, clock } = create();
    const { index } = watched.get();
    const waiting = watched.wait(index, 5_000, never);
    watched.touch('b');
    await clock.advance(5_000);
    expect(await waiting).to.deep.equal({ index, value: 'b' });
    expect(watched.waiting).to.equal(0);
  });

  it('forgets who has gone', async () => {
    const { watched, clock } = create();
    const gone = new AbortController();
    const waiting = watched.wait(watched.get().index, 5_000, gone.signal);
    gone.abort();
    await waiting;
    expect([watched.waiting, clock.sleeping]).to.deep.equal([0, 0]);
  });

  it('never takes an index from before a restart for its own', () => {
    const clock = new VirtualClock();
    const before = new Watched(0, clock);
    for (let change = 1; change < 500; change++) before.set(change);
    clock.jump(1_000);
    expect(new Watched(0, clock).get().index).to.be.greaterThan(before.get().index);
  });
});

describe('Waiters', () => {
  it('let everyone go when its own time is up, by one timer for all', async () => {
    const clock = new VirtualClock();
    const waiters = new Waiters(clock);
    const over: number[] = [];
    const waits = [300, 50, 200, 50, 100];
    const all = waits.map(async (ms) => {
      await waiters.add(ms, never);
      over.push(ms);
    });
    expect([waiters.size, clock.sleeping]).to.deep.equal([5, 1]);
    await clock.advance(49);
    expect(over).to.deep.equal([]);
    await clock.advance(1);
    expect(over).to.deep.equal([50, 50]);
    await clock.advance(250);
    expect(over).to.deep.equal([50, 50, 100, 200, 300]);
    await Promise.all(all);
    expect([waiters.size, clock.sleeping]).to.deep.equal([0, 0]);
  });
});

describe('blocking reads over HTTP', () => {
  const schema = z.object({ value: z.string() });
  let server: Listening;
  let watched: Watched<string>;
  let rendered: number;
  let mayRender: boolean;
  const long = 'long '.repeat(5_000);
  const client = (timeoutMs = 2_000) => createClient({ baseUrl: server.url, timeoutMs });
  beforeEach(async () => {
    watched = new Watched('a');
    rendered = 0;
    mayRender = true;
    const app = createApp({
      log: hearLog().log,
      name: 'test',
      version: '0',
      tokens: [],
      metrics: new Registry(),
      ready: () => ({ ready: true, why: '' }),
      routes: (routes) => {
        routes.get(
          '/v1/one',
          blocking(watched, (value) => jsonBytes({ value })),
        );
        const byName = blocking(
          ({ params }) => (params['name'] === 'known' ? watched : null),
          (value, { params }) => jsonBytes({ value: `${params['name'] as string} ${value}` }),
        );
        routes.get('/v1/by/:name', byName);
        const counted = blocking(
          watched,
          (value, { query }) => {
            rendered += 1;
            if (!mayRender) throw new BallastError('NOT_NOW', 'not now', { status: 404 });
            return jsonBytes({ value: `${query['of'] as string} ${long} ${value}` });
          },
          ({ query }) => query['of'] as string,
        );
        routes.get('/v1/counted', counted);
      },
    });
    server = await listen(app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  it('answers at once without an index', async () => {
    const { value, index } = await client().get('/v1/one', schema);
    expect([value, index]).to.deep.equal([{ value: 'a' }, watched.get().index]);
  });

  it('chooses the resource by the request, and 404s what is not known', async () => {
    expect((await client().get('/v1/by/known', schema)).value).to.deep.equal({ value: 'known a' });
    const error = await client()
      .get('/v1/by/other', schema)
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'NOT_FOUND', status: 404 });
  });

  it('answers 200 who wait with one change, and none of them before', async () => {
    const { index } = watched.get();
    let answered = 0;
    const all = Array.from({ length: 200 }, async () => {
      const answer = await client().get('/v1/one', schema, { query: { index, wait: '1m' } });
      answered += 1;
      return answer;
    });
    await eventually(() => watched.waiting === 200);
    expect(answered).to.equal(0);
    watched.set('b');
    const answers = await Promise.all(all);
    expect(new Set(answers.map((answer) => answer.value.value))).to.deep.equal(new Set(['b']));
    expect(new Set(answers.map((answer) => answer.index))).to.deep.equal(new Set([index + 1]));
    expect(watched.waiting).to.equal(0);
  });

  it('answers with the same index when the wait is over', async () => {
    const { index } = watched.get();
    const answer = await client().get('/v1/one', schema, { query: { index, wait: '20ms' } });
    expect(answer.index).to.equal(index);
  });

  it('forgets a client that hangs up', async () => {
    const ending = new AbortController();
    const asked = client()
      .get('/v1/one', schema, { query: { index: watched.get().index, wait: '1m' }, signal: ending.signal })
      .catch((thrown: unknown) => thrown);
    await eventually(() => watched.waiting === 1);
    ending.abort('enough');
    expect(await asked).to.equal('enough');
    await eventually(() => watched.waiting === 0);
  });

  it('answers those who wait when the server closes', async () => {
    const { index } = watched.get();
    const asked = client().get('/v1/one', schema, { query: { index, wait: '10m' } });
    await eventually(() => watched.waiting === 1);
    await server.close();
    expect((await asked).index).to.equal(index);
  });

  /** As it comes over the wire, not decompressed. */
  const raw = (path: string, headers: Record<string, string>) =>
    axios.get<Buffer>(server.url + path, {
      ...{ headers: { 'Accept-Encoding': 'identity', ...headers }, responseType: 'arraybuffer', decompress: false },
      ...{ proxy: false, validateStatus: () => true },
    });

  it('renders what 200 are told once, and once for each other question', async () => {
    const { index } = watched.get();
    const ask = (of: string) => raw(`/v1/counted?of=${of}&index=${index}&wait=1m`, {});
    const all = Array.from({ length: 200 }, (_, i) => ask(i % 2 === 0 ? 'even' : 'odd'));
    await eventually(() => watched.waiting === 200);
    expect(rendered).to.equal(0);
    watched.set('b');
    const answers = await Promise.all(all);
    expect(rendered).to.equal(2);
    expect(new Set(answers.map(({ data }) => data.toString()))).to.deep.equal(
      new Set(['even', 'odd'].map((of) => JSON.stringify({ value: `${of} ${long} b` }))),
    );
  });

  it('never tells again what is not true any more, and keeps no failure', async () => {
    const ask = async () => (await raw('/v1/counted?of=x', {})).data.toString();
    mayRender = false;
    expect(await ask()).to.match(/NOT_NOW/);
    mayRender = true;
    expect(await ask()).to.match(/ a"}$/);
    watched.touch('b');
    expect(await ask()).to.match(/ b"}$/);
  });

  const encodings: [string, string, string | undefined][] = [
    ['gzip', 'gzip', 'gzip'],
    ['gzip among others', 'br, gzip;q=0.8, *;q=0.1', 'gzip'],
    ['anything', '*', 'gzip'],
    ['nothing but plain', 'identity', undefined],
    ['gzip refused', 'gzip;q=0, *;q=0.5', undefined],
    ['what we do not speak', 'br', undefined],
  ];
  for (const [name, accepted, expected] of encodings)
    it(`sends a long answer ${expected ?? 'plain'} to who accepts ${name}`, async () => {
      const { headers, data } = await raw('/v1/counted?of=x', { 'Accept-Encoding': accepted });
      expect([headers['content-encoding'], headers['vary']]).to.deep.equal([expected, 'Accept-Encoding']);
      const text = (expected === undefined ? data : gunzipSync(data)).toString();
      expect(JSON.parse(text)).to.deep.equal({ value: `x ${long} a` });
      if (expected !== undefined) expect(data.length).to.be.below(text.length / 10);
    });

  it('sends a short answer as it is', async () => {
    const { headers } = await raw('/v1/one', { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).to.equal(undefined);
  });

  it('sends no body to who has seen it, when the wait is over or at once', async () => {
    const { headers } = await raw('/v1/counted?of=x', {});
    const etag = String(headers['etag']);
    const index = String(headers['x-ballast-index']);
    for (const query of ['', `&index=${index}&wait=20ms`]) {
      const again = await raw(`/v1/counted?of=x${query}`, { 'If-None-Match': etag });
      expect([again.status, again.data.length, again.headers['x-ballast-index']]).to.deep.equal([304, 0, index]);
    }
    expect(rendered).to.equal(1);
    watched.set('b');
    const changed = await raw('/v1/counted?of=x', { 'If-None-Match': etag });
    expect([changed.status, changed.headers['etag']]).to.deep.equal([200, `W/"${watched.get().index}"`]);
  });

  const wrong = ['wait=5', 'wait=soon', 'wait=-1s', 'index=-1', 'index=1e3', 'index=x', 'index=1&index=2'];
  for (const query of wrong)
    it(`refuses ?${query}`, async () => {
      const { status, data } = await axios.get<unknown>(`${server.url}/v1/one?${query}`, {
        proxy: false,
        validateStatus: () => true,
      });
      expect(status).to.equal(400);
      expect(data)
        .to.have.property('code')
        .that.matches(/^INVALID_/);
    });
});

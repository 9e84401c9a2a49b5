import axios from 'axios';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { blocking, Watched } from '../../../lib/http/blocking.js';
import { createClient } from '../../../lib/http/client.js';
import { createApp, listen, type Listening } from '../../../lib/http/server.js';
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

describe('blocking reads over HTTP', () => {
  const schema = z.object({ value: z.string() });
  let server: Listening;
  let watched: Watched<string>;
  const client = (timeoutMs = 2_000) => createClient({ baseUrl: server.url, timeoutMs });
  beforeEach(async () => {
    watched = new Watched('a');
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
          blocking(watched, (value) => ({ value })),
        );
        const byName = blocking(
          ({ params }) => (params['name'] === 'known' ? watched : null),
          (value, { params }) => ({ value: `${params['name'] as string} ${value}` }),
        );
        routes.get('/v1/by/:name', byName);
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

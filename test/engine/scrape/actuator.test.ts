import { expect } from 'chai';
import fc from 'fast-check';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFilter } from '../../../engine/derive/filter.js';
import { createSelector, type Matcher, type Selector } from '../../../engine/derive/promql/selector.js';
import type { Sample, ScrapeOutcome, SeriesFilter, Target, TargetKey } from '../../../engine/model.js';
import { meterLimit, readActuator, requestLimit } from '../../../engine/scrape/actuator/index.js';
import { PageFetcher } from '../../../engine/scrape/index.js';
import { systemClock } from '../../../lib/clock.js';
import { actuator, fakeAsk, type FakeMeter } from '../../fakes/actuator.js';
import { wantingAll } from './filters.js';

const matcher = (label: string, kind: Matcher['kind'], value: string): Matcher => {
  const regex = new RegExp(`^(?:${value})$`);
  const hits = (text: string): boolean => (kind.includes('~') ? regex.test(text) : text === value);
  return { label, kind, value, test: (text) => hits(text) === kind.startsWith('=') };
};
const select = (name: string, ...matchers: Matcher[]): Selector => createSelector(name, matchers);

const timer = (status: string, uri: string, count: number): FakeMeter => ({
  name: 'http.server.requests',
  baseUnit: 'seconds',
  tags: { status, uri, method: 'GET', exception: 'None' },
  measurements: { COUNT: count, TOTAL_TIME: count / 10, MAX: count / 100 },
});

const memory = (area: string, id: string, value: number): FakeMeter => ({
  name: 'jvm.memory.used',
  baseUnit: 'bytes',
  tags: { area, id },
  measurements: { VALUE: value },
});

const meters: readonly FakeMeter[] = [
  timer('200', '/', 100),
  timer('200', '/a b&c', 20),
  timer('500', '/', 3),
  timer('200', '/actuator/metrics', 50),
  memory('heap', 'G1 Eden Space', 5),
  memory('heap', 'G1 Old Gen', 7),
  memory('nonheap', 'Metaspace', 11),
  { name: 'process.cpu.usage', tags: {}, measurements: { VALUE: 0.25 } },
  { name: 'logback.events', baseUnit: 'events', tags: { level: 'error' }, measurements: { COUNT: 4 } },
  { name: 'logback.events', baseUnit: 'events', tags: { level: 'info' }, measurements: { COUNT: 400 } },
];

describe('/actuator/metrics', () => {
  const servers: Server[] = [];
  const fetcher = new PageFetcher(systemClock);
  after(() => fetcher.close());
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  const scrape = async (
    listener: RequestListener,
    filter: SeriesFilter,
    over: Partial<Target> = {},
  ): Promise<ScrapeOutcome> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/actuator/metrics`;
    const target: Target = {
      ...{ key: 'a' as TargetKey, url, level: 'app', format: 'actuator', intervalMs: 1000, connectTimeoutMs: 1000 },
      ...{ timeoutMs: 5000, bodyLimitBytes: 100_000, mapping: { kind: 'whole', instances: [] } },
      ...over,
    };
    return (await fetcher.fetch(target, filter, new AbortController().signal)).outcome;
  };

  const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
  const shown = (outcome: ScrapeOutcome): unknown =>
    outcome.kind === 'page'
      ? outcome.samples.map(({ name, labels, value }) => [name, labels, value]).sort(byText)
      : outcome;

  it('asks for the meters that are named, and for no other', async () => {
    const asked: string[] = [];
    const filter = createFilter([select('process_cpu_usage'), select('jvm_memory_used_bytes'), select('absent')]);
    expect(shown(await scrape(actuator(meters, asked), filter))).to.deep.equal([
      ['jvm_memory_used_bytes', {}, 23],
      ['process_cpu_usage', {}, 0.25],
    ]);
    expect(asked).to.have.members([
      '/actuator/metrics',
      '/actuator/metrics/jvm.memory.used',
      '/actuator/metrics/process.cpu.usage',
    ]);
  });

  it('goes down by the tags that selectors look at, and only to values that they may want', async () => {
    const asked: string[] = [];
    const filter = createFilter([
      select('jvm_memory_used_bytes', matcher('area', '=', 'heap')),
      select('logback_events_total', matcher('level', '=', 'error')),
    ]);
    expect(shown(await scrape(actuator(meters, asked), filter))).to.deep.equal([
      ['jvm_memory_used_bytes', { area: 'heap' }, 12],
      ['logback_events_total', { level: 'error' }, 4],
    ]);
    expect(asked).to.have.length(5).and.to.include('/actuator/metrics/jvm.memory.used?tag=area%3Aheap');
  });

  it('goes down by several tags, once for all that is asked of a meter', async () => {
    const asked: string[] = [];
    const own = matcher('uri', '!~', '/actuator.*');
    const filter = createFilter([
      select('http_server_requests_seconds_count', matcher('status', '=~', '5..'), own),
      select('http_server_requests_seconds_count', own),
      select('http_server_requests_seconds_sum', own),
    ]);
    const count = 'http_server_requests_seconds_count';
    const sum = 'http_server_requests_seconds_sum';
    expect(shown(await scrape(actuator(meters, asked), filter))).to.deep.equal([
      [count, { status: '200', uri: '/' }, 100],
      [count, { status: '200', uri: '/a b&c' }, 20],
      [count, { status: '500', uri: '/' }, 3],
      [sum, { status: '200', uri: '/' }, 10],
      [sum, { status: '200', uri: '/a b&c' }, 2],
      [sum, { status: '500', uri: '/' }, 0.3],
    ]);
    // List, meter, two values of status, and two of uri for 200; for 500 there is one, which needs no question.
    expect(asked).to.have.length(6);
  });

  it('reads numbers that JSON has no word for', async () => {
    const odd = [{ name: 'x', tags: {}, measurements: { VALUE: NaN } }];
    expect(shown(await scrape(actuator(odd), createFilter([select('x')])))).to.deep.equal([['x', {}, NaN]]);
  });

  it('leaves out a meter that would need too many requests, and says so; the others are brought', async () => {
    const asked: string[] = [];
    const many = Array.from({ length: 2 * meterLimit }, (_, nth) => timer('200', `/${nth}`, 1));
    const filter = createFilter([
      select('http_server_requests_seconds_count', matcher('uri', '!=', '/x')),
      select('process_cpu_usage'),
    ]);
    const outcome = await scrape(actuator([...many, ...meters.slice(4)], asked), filter);
    expect(shown(outcome)).to.deep.equal([['process_cpu_usage', {}, 0.25]]);
    expect(outcome).to.have.property('warnings').with.length(1);
    expect(String((outcome as { warnings: unknown }).warnings)).to.match(
      /^http.server.requests needs more than 100 requests; scrape \/actuator\/prometheus instead/,
    );
    expect(asked.length).to.be.at.most(meterLimit + 3);
  });

  it('asks no more than so much in all', async () => {
    const asked: string[] = [];
    const many = Array.from({ length: 2 * requestLimit }, (_, nth) => ({
      ...{ name: `m.${nth}`, tags: {}, measurements: { VALUE: nth } },
    }));
    const outcome = await scrape(actuator(many, asked), wantingAll);
    expect(asked).to.have.length(requestLimit);
    expect(outcome)
      .to.have.property('samples')
      .with.length(requestLimit - 1);
  });

  const list = JSON.stringify({ names: ['up'] });
  const meter = JSON.stringify({ measurements: [{ statistic: 'VALUE', value: 1 }], availableTags: [] });
  const answers =
    (first: string, second: (response: Parameters<RequestListener>[1]) => void): RequestListener =>
    ({ url }, response) =>
      url === '/actuator/metrics' ? response.end(first) : second(response);

  for (const [what, listener, kind, why] of [
    ['a list that is none', answers('{"names":1}', () => undefined), 'unreadable', /no list of meters/],
    ['text in its place', answers('up 1\n', () => undefined), 'unreadable', /no list of meters/],
    ['status 404', ((_, response) => response.writeHead(404).end()) as RequestListener, 'unreadable', /status 404/],
    ['a peer that ends', answers(list, (response) => response.destroy()), 'unfinished', /connection/],
    ['a peer that hangs', answers(list, () => undefined), 'unfinished', /within/],
  ] as const)
    it(`finds ${what} ${kind}`, async () => {
      const outcome = await scrape(listener, createFilter([select('up')]), { timeoutMs: 400 });
      expect(outcome.kind).to.equal(kind);
      expect(outcome).to.have.property('why').that.matches(why);
    });

  for (const [what, listener] of [
    ['status 500', answers(list, (response) => response.writeHead(500).end())],
    ['no meter', answers(list, (response) => response.end('{"measurements":[]}'))],
    ['no JSON', answers(list, (response) => response.end('x'))],
    ['too large a page', answers(list, (response) => response.end(meter + ' '.repeat(200_000)))],
  ] as const)
    it(`leaves out a meter whose page is ${what}, with a warning`, async () => {
      const outcome = await scrape(listener, createFilter([select('up')]));
      expect(outcome).to.deep.include({ kind: 'page', samples: [] });
      expect(outcome).to.have.property('warnings').with.length(1);
    });

  it('brings for any selectors what the series themselves would add up to', async () => {
    const value = fc.constantFrom('a', 'b', 'c');
    const tags = fc.record({ x: value, y: value, z: value });
    const selector = fc
      .array(
        fc.tuple(
          fc.constantFrom('x', 'y', 'z'),
          fc.constantFrom('=', '!=', '=~', '!~'),
          fc.constantFrom('a', 'b', 'a|c'),
        ),
      )
      .map((matchers) => select('m', ...matchers.map(([label, kind, text]) => matcher(label, kind, text))));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(tags, { minLength: 1, maxLength: 12, selector: (each) => JSON.stringify(each) }),
        fc.array(selector, { minLength: 1, maxLength: 3 }),
        async (all, selectors) => {
          const fakes = all.map((each, nth) => ({ name: 'm', tags: each, measurements: { VALUE: 2 ** nth } }));
          const ask = fakeAsk(fakes);
          const outcome = await readActuator('http://h/actuator/metrics', ask, createFilter(selectors));
          const samples: readonly Sample[] = outcome.kind === 'page' ? outcome.samples : [];
          const sum = (values: readonly number[]): number => values.reduce((one, other) => one + other, 0);
          for (const wanted of selectors) {
            const filter = createFilter([wanted]);
            expect(
              sum(samples.filter(({ name, labels }) => filter.wants(name, labels)).map((sample) => sample.value)),
            ).to.equal(
              sum(fakes.filter((fake) => filter.wants('m', fake.tags)).map(({ measurements }) => measurements.VALUE)),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

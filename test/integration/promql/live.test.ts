/** A real Prometheus and our evaluator on the same samples of real programs. */
import { expect } from 'chai';
import { prepareQuery, type ListedSource } from '../../../engine/derive/listed/index.js';
import { keyOf } from '../../../engine/derive/promql/labels.js';
import type { Target, TargetKey } from '../../../engine/model.js';
import { PageFetcher } from '../../../engine/scrape/index.js';
import { systemClock } from '../../../lib/clock.js';
import { difference } from '../../engine/derive/promql/compare.js';
import { answerOf } from '../../engine/derive/promql/ours.js';
import { wantingAll } from '../../engine/scrape/filters.js';
import { eventually } from '../../support/eventually.js';
import { startLiveTargets, type LiveTargets } from '../../support/live-targets.js';
import { describeWith, needs } from '../../support/parts.js';
import { startPrometheus, type RunningPrometheus } from '../../support/prometheus.js';
import { queries } from './queries.js';
import { rawSeries, serverAnswer, sourceOf, timeBetweenSamples } from './server-samples.js';

const ours = (source: ListedSource, query: string, atMs: number) => {
  const prepared = prepareQuery(query);
  return prepared.ok ? answerOf(prepared.query.ask(source, atMs)) : { error: prepared.error };
};

/** One page as the engine fetches it. */
const readPage = async (address: string) => {
  const fetcher = new PageFetcher(systemClock);
  const target: Target = {
    key: address as TargetKey,
    url: `http://${address}/metrics`,
    level: 'app',
    intervalMs: 5_000,
    connectTimeoutMs: 5_000,
    timeoutMs: 5_000,
    bodyLimitBytes: 10_000_000,
    mapping: { kind: 'whole', instances: [] },
  };
  const { outcome, startedAt } = await fetcher.fetch(target, wantingAll, AbortSignal.timeout(10_000));
  await fetcher.close();
  if (outcome.kind !== 'page') throw new Error(`${address}: ${outcome.why}`);
  return { atMs: startedAt, samples: outcome.samples };
};

/** Series of one program's page that did not change over all scrapes, without the labels that the server adds. */
const steadySeries = (all: Awaited<ReturnType<typeof rawSeries>>, address: string): ReadonlyMap<string, number> => {
  const scrapes = all.find(({ metric }) => metric['__name__'] === 'up' && metric['instance'] === address)?.samples
    .length;
  const steady = new Map<string, number>();
  for (const { metric, samples } of all) {
    const { instance, job: _, ...labels } = metric;
    const [first] = samples;
    if (instance !== address || first === undefined || samples.length !== scrapes) continue;
    if (/^(?:up|scrape_.*)$/.test(labels['__name__'] ?? '')) continue;
    if (samples.every(({ value }) => Object.is(value, first.value))) steady.set(keyOf(labels), first.value);
  }
  return steady;
};

describeWith('prometheus', 'PromQL on live programs', function () {
  this.timeout(120_000);
  let targets: LiveTargets;
  let server: RunningPrometheus;

  before(async function () {
    needs(this, 'node-exporter', 'haproxy');
    targets = await startLiveTargets();
    server = await startPrometheus([targets.nodeExporter, targets.haproxy, targets.service], { self: true });
  });
  after(async () => {
    await server?.stop();
    await targets?.stop();
  });

  const compareNow = async (): Promise<readonly string[]> => {
    const now = Date.now();
    const raw = await rawSeries(server, now / 1000);
    const atMs = timeBetweenSamples(raw, now - 500);
    const source = sourceOf(raw);
    const found: string[] = [];
    let empty = 0;
    for (const query of queries) {
      const theirs = await serverAnswer(server, query, atMs);
      if (!('error' in theirs) && theirs.length === 0) empty++;
      const differ = difference(theirs, ours(source, query, atMs));
      if (differ !== null) found.push(`${query}: ${differ}`);
    }
    expect(empty, 'queries without any answer').to.be.below(queries.length / 8);
    return found;
  };

  const scrapedAfter = (atMs: number): Promise<unknown> =>
    eventually(async () => ((await server.ask('min(timestamp(up))')) ?? 0) * 1000 > atMs, { everyMs: 50 });

  const scraped = (times: number): Promise<unknown> =>
    eventually(async () => ((await server.ask('min(count_over_time(up[1m]))')) ?? 0) >= times, {
      timeoutMs: 90_000,
      everyMs: 100,
    });

  it(`gives the answers of the server itself to ${queries.length} queries`, async () => {
    expect(queries.length).to.be.at.least(100);
    // No range reaches back to the birth of a counter: there 2.42 and 3 differ, see version-3.test.ts.
    await scraped(18);
    const found = await compareNow();
    expect(found.join('\n')).to.equal('');
  });

  it('reads from the pages of the same programs the series that the server reads', async () => {
    const { nodeExporter, haproxy, service } = targets;
    for (const address of [nodeExporter, haproxy, service, new URL(server.url).host]) {
      const page = await readPage(address);
      await scrapedAfter(page.atMs);
      const steady = steadySeries(await rawSeries(server, Date.now() / 1000), address);
      const read = new Map(
        page.samples.map(({ name, labels, value }) => [keyOf({ ...labels, __name__: name }), value]),
      );
      const missing = [...steady.keys()].filter((key) => !read.has(key));
      expect(missing, address).to.deep.equal([]);
      expect(steady.size, address).to.be.greaterThan(read.size * 0.2);
      // A gauge may have been different between two scrapes that found it the same.
      const other = [...steady].filter(([key, value]) => !Object.is(read.get(key), value));
      expect(other.length, JSON.stringify(other)).to.be.at.most(3 + steady.size * 0.02);
    }
  });

  it('long: gives them over and over while the programs run', async () => {
    for (let times = 20; times <= 160; times += 20) {
      await scraped(times);
      expect((await compareNow()).join('\n')).to.equal('');
    }
  });
});

/** Each preset against recorded pages of what it is for (test/fixtures/presets/README.md says of what exactly). */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkQueries } from '../../config/queries.js';
import { loadPresets } from '../../config/load.js';
import { checkQuery } from '../../engine/derive/index.js';
import { parseJson } from '../../engine/scrape/json.js';
import { packageRoot } from '../../lib/paths.js';
import { policyFor } from '../support/policy.js';
import { Bench } from './derive/pages.js';
import { wantingAll } from './scrape/filters.js';

const folder = join(packageRoot, 'test', 'fixtures', 'presets');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** A JSON page as the engine reads it, in lines of text. */
const linesOf = (json: string): string => {
  const page = parseJson(Buffer.from(json), wantingAll);
  if (!page.ok) throw new Error(page.why);
  return page.samples.map(({ name, value }) => `${name} ${value}\n`).join('');
};

const pageOf = (preset: string, n: number): string =>
  preset === 'json-health' ? linesOf(read(`${preset}-${n}.json`)) : read(`${preset}-${n}.prom`);

/** Three scrapes, five seconds apart. */
const benchOf = (app: string): Bench => {
  const bench = new Bench(`preset: [${app}, node-exporter]\nscrape: {interval: 5s}`);
  for (const n of [1, 2, 3]) {
    bench.page(pageOf(app, n)).page(pageOf('node-exporter', n), 'system');
    if (n < 3) bench.later(5);
  }
  return bench;
};

type Range = readonly [number, number] | 'never-exposed' | 'empty';

const node: Readonly<Record<string, Range>> = { node_memory: [0.01, 0.99], node_files: [0, 0.5], node_cpu: [0, 1] };
/** What each metric read from the recorded pages: from, to; or why it has no value. */
const readings: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  'spring-boot': {
    ...{ error_logs: [0, 3], db_connections: [0, 1], response_time: [0.005, 0.2], error_ratio: [0, 0.05], cpu: [0, 1] },
    ...{
      system_cpu: [0, 1],
      memory: [0, 0.75],
      gc: [0, 0.1],
      threads: [0, 0.1],
      request_threads: [0, 1],
      stall: [0, 0],
    },
    open_files: [0.0001, 0.1],
  },
  jvm: {
    ...{ error_logs: 'never-exposed', db_connections: 'never-exposed', cpu: [0.001, 1], memory: [0.001, 0.75] },
    ...{ gc: [0, 0.1], threads: [0, 0.1], deadlock: [0, 0], open_files: [0.0001, 0.1] },
  },
  go: {
    ...{ error_logs: 'never-exposed', db_connections: [0, 1], response_time: [0.005, 0.2], error_ratio: [0, 0.05] },
    ...{ cpu: [0.0001, 1], memory: [0.0001, 0.1], gc: [0, 0.01], goroutines: [3, 100], stall: [0, 0] },
    open_files: [0.0001, 0.1],
  },
  node: {
    ...{ error_logs: [0, 3], db_connections: [0, 1], response_time: [0.001, 0.2], error_ratio: [0, 0.05], cpu: [0, 1] },
    ...{ memory: [0.01, 0.9], event_loop_lag: [0.001, 0.2], stall: [0, 0], open_files: [0.0001, 0.1] },
  },
  'json-health': {
    ...{ error_logs: 'never-exposed', response_time: [0.005, 0.2], error_ratio: [0, 0.05], memory: [0.001, 0.75] },
    ...{ gc: [0, 0.1], threads: [0, 0.1], deadlock: [0, 0], stall: [0, 0], open_files: [0.0001, 0.1] },
  },
};

describe('each preset reads the pages that it is for', () => {
  for (const [preset, expected] of Object.entries(readings))
    describe(preset, () => {
      const bench = benchOf(preset);
      const ranges = { ...expected, ...node };

      it('metric by metric', () => {
        const names = bench.policy.metrics.filter(({ source }) => source.kind !== 'up').map(({ name }) => name);
        expect([...names].sort()).deep.equal(Object.keys(ranges).sort());
        for (const name of names) {
          const [range, value] = [ranges[name], bench.read(name)];
          if (typeof range === 'string' || range === undefined) expect(value, name).equal(range);
          else
            expect(value, name)
              .a('number')
              .within(...range);
        }
      });

      it('the requests in flight too, where it knows any', () => {
        const { inFlight } = bench.observe();
        if (preset === 'jvm') expect(inFlight).equal(null);
        else expect(inFlight).within(0, 50);
      });
    });

  it('asks only what the engine can answer', () => {
    for (const preset of loadPresets().keys())
      expect(checkQueries(policyFor(`preset: ${preset}`), checkQuery), preset).deep.equal([]);
  });
});

describe('what the pages say, reckoned by hand', () => {
  const sum = (page: string, pattern: RegExp): number =>
    [...page.matchAll(new RegExp(pattern, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
  const rise = (preset: string, pattern: RegExp): number =>
    sum(pageOf(preset, 3), pattern) - sum(pageOf(preset, 1), pattern);

  it('spring-boot: the mean response time without a histogram, without what Actuator was asked', () => {
    const [seconds, count] = ['sum', 'count'].map((what) =>
      rise('spring-boot', new RegExp(`^http_server_requests_seconds_${what}\\{.*uri="/work"\\} (.+)$`)),
    );
    expect(benchOf('spring-boot').read('response_time')).closeTo((seconds ?? 0) / (count ?? 1), 1e-9);
  });

  /** Of its window of 25 s the pages fill 10 s; Prometheus's rule adds half an interval at the open end. */
  const rate = (risen: number): number => ((risen / 10) * 12.5) / 25;

  it('go: processor seconds over the cores of the node', () => {
    const cores = [...pageOf('node-exporter', 3).matchAll(/^node_cpu_seconds_total\{.*mode="idle"\}/gm)].length;
    const used = rate(rise('go', /^process_cpu_seconds_total (.+)$/)) / cores;
    expect(benchOf('go').read('cpu')).closeTo(used, 1e-9);
  });

  it('json-health: milliseconds of collection as a share of the time', () => {
    const used = rate(rise('json-health', /^gauges_jvm_gc_.*_time_value (.+)$/) / 1_000);
    expect(benchOf('json-health').read('gc')).closeTo(used, 1e-9);
  });
});

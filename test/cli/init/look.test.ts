import { expect } from 'chai';
import { fitsOf, policyOf } from '../../../cli/init/detect.js';
import { starterFile, type Starter } from '../../../cli/init/file.js';
import { fromUrls } from '../../../cli/init/instances.js';
import { recognise } from '../../../cli/init/kind.js';
import { look, type Seen } from '../../../cli/init/look.js';
import { loadPresets, loadService } from '../../../config/load.js';
import { checkQuery } from '../../../engine/derive/index.js';
import { parseJson } from '../../../engine/scrape/json.js';
import { parseText } from '../../../engine/scrape/text.js';
import type { Sample } from '../../../engine/model.js';
import { BallastError } from '../../../lib/errors.js';
import { instanceNamed, metricOf } from '../../support/observations.js';
import { wantingAll } from '../../engine/scrape/filters.js';
import { recorded, worldOf } from './pages.js';

const second = 1_000;
const samplesOf = (preset: string): readonly Sample[] => {
  const text = recorded(preset, 1);
  const page = preset === 'json-health' ? parseJson(Buffer.from(text), wantingAll) : parseText(text, wantingAll);
  if (!page.ok) throw new Error(page.why);
  return page.samples;
};
const found = (...urls: string[]) => fromUrls('shop', urls.length > 0 ? urls : ['http://10.0.0.1:8080/metrics']);

describe('which preset a page is for', () => {
  for (const preset of ['spring-boot', 'jvm', 'go', 'node', 'json-health'])
    it(`${preset}, by its recorded page`, () => {
      const [first] = fitsOf(instanceNamed('a'), samplesOf(preset));
      expect(first?.preset).equal(preset);
    });

  it('none, where a page shows nothing that any asks for', () => {
    const samples = ['lights_on', 'process_open_fds'].map((name) => ({
      name,
      labels: {},
      value: 1,
      timestampMs: null,
    }));
    expect(fitsOf(instanceNamed('a'), samples)).deep.equal([]);
  });
});

describe('recognising a service', () => {
  it('looks where presets have their pages, and for the exporter of the node', async () => {
    const world = worldOf(({ pathname, port }) =>
      port === '9100'
        ? recorded('node-exporter', 1)
        : pathname === '/actuator/prometheus'
          ? recorded('spring-boot', 1)
          : '<html>',
    );
    const kind = await recognise({ ...found(), scrape: null }, [], world);
    expect(kind).deep.include({ presets: ['spring-boot', 'node-exporter'], scrape: null });
    expect(kind.why).match(/^preset spring-boot: 12 of its 12 metrics stand on the page at \/actuator\/prometheus$/);
  });

  it('writes the path down where the preset has another', async () => {
    const world = worldOf(({ port }) => (port === '9100' ? null : recorded('go', 1)));
    const kind = await recognise(found('http://10.0.0.1:8080/internal/metrics'), [], world);
    expect(kind).deep.include({ presets: ['go'], scrape: { scheme: 'http', path: '/internal/metrics' } });
  });

  it('does as it is told', async () => {
    const world = worldOf(() => null);
    expect(await recognise(found(), ['jvm'], world)).deep.include({ presets: ['jvm'], scrape: null });
    expect(world.asked).deep.equal([]);
  });

  it('says why it cannot', async () => {
    const failing = async (answer: Parameters<typeof worldOf>[0]): Promise<string> =>
      recognise(found(), [], worldOf(answer)).then(
        () => 'recognised',
        (error: unknown) => String(error),
      );
    expect(await failing(() => null)).match(
      /no metrics page can be read: http:\/\/10\.0\.0\.1:8080\/metrics: connection refused/,
    );
    expect(await failing(() => 'lights_on 1\ndoors_open 2\n')).match(
      /no preset .* it has 2 names, like lights_on, doors_open/,
    );
  });

  it("says what to do about Actuator's list, which has no samples itself", async () => {
    const list = '{"names": ["process.cpu.usage"]}';
    const at = found('http://10.0.0.1:8080/actuator/metrics');
    const error: unknown = await recognise(
      at,
      [],
      worldOf(() => list),
    ).catch((thrown: unknown) => thrown);
    expect(error).instanceOf(BallastError);
    expect(error)
      .property('hint')
      .match(/expose \/actuator\/prometheus, or .*format: actuator/);
  });

  it('refuses pages that one file cannot hold', () => {
    expect(() => found('http://a:1/metrics', 'http://b:1/other')).throw(/2 different paths/);
    expect(() => found('ftp://a/metrics')).throw(/no http or https URL/);
    expect(found('https://a/m', 'https://[::1]:8443/m').instances.map(({ id, port }) => `${id} ${port}`)).deep.equal([
      'a-443 443',
      '--1-8443 8443',
    ]);
  });
});

describe('looking at live pages', () => {
  const policy = policyOf('shop', { presets: ['go'], scrape: null }, 'interval: 5s');
  const played = (n: number) =>
    worldOf((_, elapsed) => recorded('go', Math.min(3, 1 + Math.floor(elapsed / (5 * second) / n))));
  const options = { forMs: 60 * second, everyMs: 5 * second, progress: () => undefined };

  it('reads each metric as the engine would, once its windows have filled', async () => {
    const { instances } = found('http://10.0.0.1:1/metrics', 'http://10.0.0.2:1/metrics');
    const { seen, answered, durationMs } = await look(policy, instances, played(1), options);
    expect({ answered, durationMs }).deep.equal({ answered: 2, durationMs: 60 * second });
    const of = (name: string): Seen | undefined => seen.find(({ metric }) => metric.name === name);
    // At 25, 30, ... 60 s, of two instances.
    expect(of('goroutines')?.values).length(16);
    expect(of('goroutines')?.instances).equal(2);
    expect(of('error_logs')).deep.include({ values: [], neverExposed: true });
    expect(of('memory')).deep.include({ neverExposed: true });
    expect(seen.map(({ metric }) => metric.name)).not.include('process_up');
  });

  it('says why there is no value', async () => {
    const quiet = worldOf(() => recorded('go', 1));
    const { seen } = await look(policy, found().instances, quiet, options);
    expect(seen.find(({ metric }) => metric.name === 'response_time')?.why).equal('little traffic');
    const gone = worldOf(() => null);
    const { seen: unseen, answered } = await look(policy, found().instances, gone, options);
    expect(answered).equal(0);
    expect(unseen.find(({ metric }) => metric.name === 'cpu')).deep.include({ why: 'no page', neverExposed: false });
  });
});

describe('the starter file', () => {
  const policy = policyOf('shop', { presets: ['node', 'node-exporter'], scrape: null });
  const many = (from: number, to: number): readonly number[] =>
    Array.from({ length: 30 }, (_, i) => from + ((to - from) * i) / 29);
  const seenAs = (name: string, values: readonly number[], why = ''): Seen => ({
    ...{ metric: metricOf(policy, name), values, instances: values.length > 0 ? 3 : 0, why },
    neverExposed: why === 'never exposed',
  });
  const starter: Starter = {
    service: 'shop',
    presets: policy.presets,
    schema: '../schema/service.json',
    scrape: ['scrape: { path: /internal }'],
    at: Date.UTC(2030, 0, 31, 14, 5),
    whom: 'shop-1, shop-2, shop-3',
    durationMs: 40 * second,
    lookedMs: 40 * second,
    rememberedMs: null,
    instances: 3,
    seen: [
      seenAs('response_time', many(0.02, 0.04)),
      seenAs('error_ratio', many(0.02, 0.03)),
      seenAs('cpu', many(0.1, 0.2)),
      seenAs('memory', many(0.97, 1)),
      seenAs('event_loop_lag', [], 'too old'),
      seenAs('db_connections', [], 'never exposed'),
      seenAs('error_logs', [], 'never exposed'),
    ],
  };

  it('has thresholds, each with what it rests on, and how sure it is', () => {
    expect(starterFile(starter).split('\n')).deep.equal([
      '# yaml-language-server: $schema=../schema/service.json',
      '# A start, written by "ballast init service" on 2030-01-31 14:05 UTC',
      '# from what shop-1, shop-2, shop-3 showed in 40s.',
      '# How sure it is: low (a look of 40s). A longer look at a busy hour knows more: --for 10m --force',
      '# By these thresholds nothing that was seen costs a point, but for memory, not counted for now.',
      'service: shop',
      'preset: [node, node-exporter]',
      'scrape: { path: /internal }',
      '',
      '# Until an upstream of NGINX is named here, it is only watched:',
      '# traffic: { upstream: shop }',
      '',
      'metrics:',
      '  # median 29.7 ms, p95 39.3 ms, most 40 ms (30 samples of 3 instances)',
      '  response_time: { good: 80ms, critical: 400ms }',
      '',
      '  # median 2.5 %, p95 3 %, most 3 % (30 samples of 3 instances)',
      "  # worse than the preset's 1 % and 10 %: find out why before you get used to it",
      '  error_ratio: { good: 5%, critical: 20% }',
      '',
      '  # median 98.4 %, p95 99.9 %, most 100 % (30 samples of 3 instances)',
      "  # it is at its limit now; by the preset's 75 % and 95 % it would cost points. Shown, not counted, until you decide",
      '  memory: { dry_run: true }',
      '',
      "# The preset's thresholds stand, good and critical, for:",
      '#   cpu             70 % and 95 %: median 14.8 %, p95 19.7 %, most 20 % (30 samples of 3 instances)',
      '#   event_loop_lag  70 ms and 500 ms: no value: too old',
      '',
      '# The preset also has these, and no page has; they are reported and not counted (some appear with the first request):',
      '#   db_connections, error_logs',
      '',
    ]);
  });

  it('is one that the engine takes', () => {
    for (const seen of [starter.seen, [], starter.seen.slice(2, 3)]) {
      const { value, problems } = loadService('shop.yaml', starterFile({ ...starter, seen }), loadPresets(), {
        env: {},
        checkQuery,
      });
      expect(problems).deep.equal([]);
      expect(value?.scrape.path).equal('/internal');
    }
    const { value } = loadService('shop.yaml', starterFile(starter), loadPresets(), { env: {} });
    const metric = (name: string) => value?.metrics.find((each) => each.name === name);
    expect(metric('response_time')).include({ good: 0.08, critical: 0.4 });
    expect(metric('memory')).include({ dryRun: true, good: 0.75 });
  });
});

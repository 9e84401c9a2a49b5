/** The preset for Spring Boot judges alike by `/actuator/prometheus` and by `/actuator/metrics`. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileService, createFilters } from '../../../engine/derive/index.js';
import { readActuator } from '../../../engine/scrape/actuator/index.js';
import { checkPage } from '../../../engine/scrape/index.js';
import { packageRoot } from '../../../lib/paths.js';
import { fakeAsk, type FakeMeter } from '../../fakes/actuator.js';
import { Bench, targetOf } from '../derive/pages.js';

const timer = { _seconds_count: 'COUNT', _seconds_sum: 'TOTAL_TIME' };

/** Meters of Spring Boot, and which statistic each ending of their names for Prometheus is. */
const meters: readonly (readonly [name: string, unit: string | null, endings: Readonly<Record<string, string>>])[] = [
  ['hikaricp.connections.active', null, { '': 'VALUE' }],
  ['hikaricp.connections.max', null, { '': 'VALUE' }],
  ['http.server.requests.active', 'seconds', { _seconds_count: 'ACTIVE_TASKS', _seconds_sum: 'DURATION' }],
  ['http.server.requests', 'seconds', timer],
  ['jvm.gc.overhead', null, { '': 'VALUE' }],
  ['jvm.memory.max', 'bytes', { _bytes: 'VALUE' }],
  ['jvm.memory.usage.after.gc', null, { '': 'VALUE' }],
  ['jvm.memory.used', 'bytes', { _bytes: 'VALUE' }],
  ['jvm.threads.states', 'threads', { _threads: 'VALUE' }],
  ['logback.events', 'events', { _total: 'COUNT' }],
  ['process.cpu.usage', null, { '': 'VALUE' }],
  ['process.files.max', 'files', { _files: 'VALUE' }],
  ['process.files.open', 'files', { _files: 'VALUE' }],
  ['process.start.time', 'seconds', { _seconds: 'VALUE' }],
  ['system.cpu.usage', null, { '': 'VALUE' }],
  ['tomcat.threads.busy', 'threads', { _threads: 'VALUE' }],
  ['tomcat.threads.config.max', 'threads', { _threads: 'VALUE' }],
];

const pageOf = (n: number): string =>
  readFileSync(join(packageRoot, 'test', 'fixtures', 'presets', `spring-boot-${n}.prom`), 'utf8');

/** What the page says, as meters. */
const metersOf = (page: string): readonly FakeMeter[] => {
  const checked = checkPage(Buffer.from(page), 'text/plain');
  if (!checked.ok) throw new Error(checked.problems.join('; '));
  return checked.samples.flatMap(({ name, labels, value }) =>
    meters.flatMap(([meter, baseUnit, endings]) =>
      Object.entries(endings)
        .filter(([ending]) => name === meter.replaceAll('.', '_') + ending)
        .map(([, statistic]) => ({ name: meter, baseUnit, tags: labels, measurements: { [statistic]: value } })),
    ),
  );
};

describe('the preset spring-boot over /actuator/metrics', () => {
  const settings = 'preset: spring-boot\nscrape: {interval: 5s}';
  const asked: string[] = [];
  const [text, drilled] = [new Bench(settings), new Bench(settings)];

  before(async () => {
    const filter = createFilters([compileService(drilled.policy)])(targetOf('app', 5_000));
    for (const n of [1, 2, 3]) {
      text.page(pageOf(n));
      const ask = fakeAsk(metersOf(pageOf(n)), asked);
      drilled.outcome(await readActuator('http://h/actuator/metrics', ask, filter));
      if (n < 3) for (const bench of [text, drilled]) bench.later(5);
    }
  });

  it('reads the same values, metric by metric', () => {
    const names = text.policy.metrics.filter(({ source }) => source.kind !== 'up').map(({ name }) => name);
    expect(names).to.have.length.greaterThan(10);
    for (const name of names) {
      const [expected, value] = [text.read(name), drilled.read(name)];
      if (typeof expected === 'number') expect(value, name).to.be.a('number').closeTo(expected, 1e-9);
      else expect(value, name).to.equal(expected);
    }
  });

  it('counts the same requests in flight', () => {
    expect(drilled.observe().inFlight).to.equal(text.observe().inFlight);
  });

  it('needs some forty requests a scrape, and asks for no page of its own', () => {
    expect(asked.length / 3).to.be.within(20, 45);
    expect(asked.filter((path) => /uri%3A%2Factuator/.test(path))).to.deep.equal([]);
  });
});

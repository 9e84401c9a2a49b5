/**
 * What the two services get that nobody should send them: bad pages, a broken template, a full disk, a dead NGINX, a Consul
 * that is gone or lies. Each time there is a clear word, the last good state stays, and whoever has no part in it feels nothing.
 */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Load } from '../../scripts/demo/load/load.js';
import { BallastError } from '../../lib/errors.js';
import { eventually } from '../support/eventually.js';
import type { InstanceMode } from '../support/instance.js';
import type { HeardLog } from '../support/log.js';
import { Pair, upstreams } from '../support/pair.js';
import { needs } from '../support/parts.js';

describe('bad input', function () {
  this.timeout(180_000);
  let pair: Pair;
  let disk: string;
  let load: Load;

  const heard = ({ lines }: HeardLog, message: string): string =>
    JSON.stringify(lines.filter(({ msg }) => msg === message));
  const wait = { timeoutMs: 80_000, everyMs: 50 };
  const ids = (): readonly string[] => pair.members.map(({ id }) => id);
  const all = <T>(value: T): Readonly<Record<string, T>> => Object.fromEntries(ids().map((id) => [id, value]));
  const allIsWell = async (): Promise<void> => {
    await eventually(async () => expect(await pair.zones()).to.deep.equal(all('green')), wait);
    await eventually(async () => expect(await pair.weights()).to.deep.equal(all(100)), wait);
  };
  /** That many more scrapes of every instance, in which nobody's served weight may leave what is expected. */
  const keepsWeights = async (scrapes: number, expected = all<number | null>(100)): Promise<void> => {
    const before = pair.members.map(({ process }) => process.scrapes + scrapes);
    await eventually(async () => {
      const weights = await pair.weights();
      if (JSON.stringify(weights) !== JSON.stringify(expected)) throw new Error(`weights ${JSON.stringify(weights)}`);
      return pair.members.every(({ process }, nth) => process.scrapes >= (before[nth] ?? 0));
    }, wait);
    expect(await pair.weights()).to.deep.equal(expected);
  };
  const lastAttempt = async () => (await pair.gateway()).last;

  before(async function () {
    needs(this, 'consul', 'nginx');
    pair = await Pair.create();
    disk = join(pair.folder, 'data');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    await pair.start();
    await allIsWell();
  });
  after(async () => {
    await pair.stop();
    execFileSync('umount', [disk]);
    await pair.remove();
  });
  beforeEach(() => {
    const urls = upstreams.map((name) => `${pair.nginx.url}/${name}/`);
    load = new Load({ urls, perSecond: 60, gets: 0.7, timeoutMs: 5_000, connections: 'fresh' });
    load.start();
  });
  afterEach(async () => {
    await load.stop();
    for (const { process } of pair.members) process.mode = 'well';
  });

  /** No client of any service saw an error, and nobody was healed. */
  const nobodyFeltIt = async (): Promise<void> => {
    await load.stop();
    const { requests, kinds } = load.summary('before');
    expect(requests).to.be.greaterThan(0);
    expect(kinds).to.deep.equal({});
    expect(await pair.healed()).to.deep.equal([]);
  };

  const pages: readonly (readonly [InstanceMode, string, RegExp])[] = [
    ['html', 'HTML', /it is HTML/],
    ['broken', 'long: status 500', /status 500/],
    ['huge', 'long: 100 MB', /larger than the limit of \d+ bytes/],
    ['endless', 'a page without end', /did not end: no whole answer within 400 ms/],
    ['nan', 'NaN everywhere', /no data for error_ratio, cpu, memory/],
  ];
  for (const [mode, what, why] of pages)
    it(`${what} makes an instance unknown, with the reason; it keeps its weight`, async () => {
      const { process } = pair.member('orders-1');
      process.mode = mode;
      await eventually(async () => {
        expect(await pair.zones()).to.deep.equal({ ...all('green'), 'orders-1': 'unknown' });
      }, wait);
      await keepsWeights(5);
      const { sentence } = await pair.engine.explain('orders', 'orders-1');
      expect(sentence)
        .to.match(/^orders-1 is unknown/)
        .and.match(why);
      expect(heard(pair.engineLog, 'zone changed'))
        .to.match(/orders-1/)
        .and.match(why);
      const told = (await pair.instances()).find(({ instance }) => instance === 'orders-1');
      expect(told).to.deep.include({ zone: 'unknown', lifecycle: 'serving', weight: 100 });
      expect(told?.reasons[0]).to.have.property('code', 'KEPT');
      expect(told?.reasons[0]?.text).to.match(why);
      process.mode = 'well';
      await allIsWell();
      await nobodyFeltIt();
    });

  it('a series that stands twice counts once, and is named in the log', async () => {
    pair.member('orders-2').process.mode = 'duplicate';
    await eventually(() => {
      expect(heard(pair.engineLog, 'a page cannot be read well')).to.match(
        /repeats a series of requests_total; the first counts/,
      );
    }, wait);
    await keepsWeights(5);
    expect(await pair.zones()).to.deep.equal(all('green'));
    await nobodyFeltIt();
  });

  it('a broken template is refused with its line; what is served stays, and it is taken once it is mended', async () => {
    const template = join(pair.folder, 'templates', 'http.conf.hbs');
    const { revision } = await pair.gateway();
    await writeFile(template, '{{#each upstreams}} {{name}');
    const last = await eventually(async () => {
      const attempt = await lastAttempt();
      return attempt?.ok === false ? attempt : false;
    }, wait);
    expect(last).to.include({ stage: 'render' });
    expect(last.text).to.contain(template).and.to.contain('Parse error on line 1');
    expect((await pair.gateway()).revision).to.equal(revision);
    expect(heard(pair.schedulerLog, 'the gateway was not changed')).to.contain('Parse error on line 1');
    const [line] = (await pair.journal()).filter(({ code }) => code === 'REJECTED');
    expect(line?.text).to.contain('failed at render').and.to.contain('Parse error on line 1');

    // Meanwhile an instance falls ill: it cannot be taken out, and leaves as soon as the template can be read.
    pair.member('orders-2').process.mode = 'errors';
    await eventually(async () => expect((await pair.zones())['orders-2']).to.equal('red'), wait);
    expect(await pair.weights()).to.deep.equal(all(100));
    await rm(template);
    await eventually(async () => expect((await pair.weights())['orders-2']).to.equal(0), wait);
    pair.member('orders-2').process.mode = 'well';
    await allIsWell();
    await nobodyFeltIt();
  });

  it('a dead NGINX is told of, nothing is healed for it, and it serves the last plan as soon as it is back', async () => {
    await load.stop();
    const { revision } = await pair.gateway();
    await pair.nginx.kill();
    const last = await eventually(async () => {
      const attempt = await lastAttempt();
      return attempt?.ok === false ? attempt : false;
    }, wait);
    expect(last.text).to.match(/NGINX does not (?:answer|run)/);
    const lines = (await pair.journal()).filter(({ code }) => code === 'ROLLED_BACK');
    expect(lines.map(({ text }) => text).join()).to.match(/NGINX does not (?:answer|run)/);
    expect(heard(pair.schedulerLog, 'NGINX does not answer for its revision any more')).not.to.equal('[]');
    expect(await pair.zones()).to.deep.equal(all('green'));

    // Who falls ill now is out of rotation when NGINX starts.
    pair.member('users-1').process.mode = 'errors';
    await eventually(async () => {
      const told = (await pair.instances()).find(({ instance }) => instance === 'users-1');
      expect(told).to.include({ weight: 0 });
    }, wait);
    await eventually(async () => expect((await lastAttempt())?.text).to.contain('the files wait for its start'), wait);
    await pair.nginx.start();
    await eventually(async () => expect((await pair.weights())['users-1']).to.equal(0), wait);
    pair.member('users-1').process.mode = 'well';
    await allIsWell();
    expect((await pair.gateway()).revision).to.equal(revision);
    expect(await pair.healed()).to.deep.equal([]);
  });

  it('a hostile registration reaches no file of NGINX: it is left out and named, the others stay', async () => {
    const evil = '6.6.6.6';
    const hostile: readonly { readonly node?: string; readonly [field: string]: unknown }[] = [
      { ID: `orders-9\n} server { listen ${evil}; }`, Address: '127.0.0.1', Port: 80 },
      { ID: 'orders-8', Address: `127.0.0.1;\n} server ${evil}`, Port: 80 },
      { ID: 'orders-7', Address: '127.0.0.1', Port: 80, Meta: { team: `x\nserver ${evil};` } },
      { ID: 'orders-6', Address: '', Port: 80, node: `127.0.0.1; server ${evil}` },
      { ID: 'orders-5', Address: '127.0.0.1', Port: 0 },
      { ID: 'orders-4', Address: '$host', Port: 80 },
    ];
    for (const [nth, { node = '127.0.0.1', ...service }] of hostile.entries()) {
      const entry = { Node: `evil-${nth}`, Address: node, Service: { Service: 'orders', ...service } };
      expect((await pair.put('/v1/catalog/register', entry)).status).to.equal(200);
    }
    await eventually(() => {
      const told = heard(pair.engineLog, 'registrations are ignored');
      for (const id of ['orders-9', 'orders-8', 'orders-7', 'orders-6', 'orders-5', 'orders-4'])
        expect(told).to.contain(id);
    }, wait);
    await keepsWeights(5);
    expect(Object.keys(await pair.zones()).sort()).to.deep.equal([...ids()].sort());
    const current = join(pair.nginx.config.directory, 'current');
    for (const file of ['http.conf', 'main.conf', 'locations/orders.conf'])
      expect(await readFile(join(current, file), 'utf8')).not.to.contain(evil);
    for (const nth of hostile.keys()) await pair.put('/v1/catalog/deregister', { Node: `evil-${nth}` });
    await allIsWell();
    await nobodyFeltIt();
  });

  it('a full disk is told of by both; they go on, and what waited is written when there is space', async () => {
    const ballast = join(disk, 'ballast');
    const free = (): number => Number(execFileSync('df', ['--output=avail', '-B1', disk]).toString().split('\n')[1]);
    await writeFile(ballast, Buffer.alloc(Math.max(0, free())));
    pair.member('orders-3').process.mode = 'errors';
    await eventually(async () => expect((await pair.weights())['orders-3']).to.equal(0), wait);
    // Before its probation: a fault that lasts would be healed, and that is another story.
    pair.member('orders-3').process.mode = 'well';
    await eventually(async () => {
      const { engine, scheduler } = await pair.ready();
      expect(engine).to.match(/^200 .*cannot write .*full.*scores go on without it/);
      expect(scheduler).to.match(/^503 .*the journal cannot be written .*full.*free disk space/);
    }, wait);
    expect(heard(pair.engineLog, 'history is not available')).to.contain('full');
    expect(heard(pair.schedulerLog, 'the journal cannot be written; lines wait in memory')).to.contain('full');
    await eventually(async () => expect((await pair.weights())['orders-3']).to.equal(100), wait);

    await rm(ballast);
    await eventually(async () => {
      const { engine, scheduler } = await pair.ready();
      expect(engine).to.match(/^200 .*all services are discovered and scored/);
      expect(scheduler).to.match(/^200/);
    }, wait);
    const told = (await pair.journal()).filter(({ instance }) => instance === 'orders-3').map(({ text }) => text);
    for (const part of ['weight 100 -> out: score 20', 'weight 100 -> out, nginx -t ok', 'weight 100, nginx -t ok'])
      expect(told.some((text) => text.includes(part), part)).to.equal(true);
    await allIsWell();
    await nobodyFeltIt();
  });

  it('while Consul is gone for a moment, and comes back without its memory, everything stays as it is', async () => {
    await pair.consul.kill();
    await eventually(async () => expect((await pair.ready()).engine).to.match(/^200 .*orders: Consul: /), wait);
    await keepsWeights(5);
    await pair.consul.start();
    await pair.register();
    await eventually(async () => expect((await pair.leader()).leader).to.equal(true), wait);
    await eventually(async () => expect((await pair.ready()).engine).not.to.contain('Consul: '), wait);
    await keepsWeights(5);
    await allIsWell();
    await nobodyFeltIt();
  });

  it('long: while Consul is gone for longer than a lock may last nobody acts; afterwards it is obeyed again', async () => {
    await pair.consul.kill();
    await eventually(async () => {
      const { leader, text } = await pair.leader();
      expect(leader, text).to.equal(false);
      expect((await pair.ready()).engine).to.match(/^200 .*orders: Consul: /);
    }, wait);
    // Ill, and scored so, but nobody may act on it.
    pair.member('orders-1').process.mode = 'errors';
    await eventually(async () => expect((await pair.zones())['orders-1']).to.equal('red'), wait);
    await keepsWeights(5);

    await pair.consul.start();
    await pair.register();
    await eventually(async () => expect((await pair.leader()).leader).to.equal(true), wait);
    await eventually(async () => expect(await pair.weights()).to.deep.equal({ ...all(100), 'orders-1': 0 }), wait);
    pair.member('orders-1').process.mode = 'well';
    await allIsWell();
    await nobodyFeltIt();
  });

  it('a configuration with an error keeps a service from starting, with the line; NGINX serves on, and so does the next start', async () => {
    const file = join(pair.config, 'services', 'orders.yaml');
    const good = await readFile(file, 'utf8');
    const { revision } = await pair.gateway();
    await pair.stop();
    await writeFile(file, good.replace('interval: 500ms', 'interval: 500 bananas'));
    const refused = await pair.start().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).to.be.instanceOf(BallastError).with.property('code', 'INVALID_CONFIGURATION');
    expect(String(refused))
      .to.match(/orders\.yaml:\d+:\d+/)
      .and.contain('500 bananas');
    await writeFile(file, good);
    await pair.start();
    await allIsWell();
    expect((await pair.gateway()).revision).to.equal(revision);
    await nobodyFeltIt();
  });
});

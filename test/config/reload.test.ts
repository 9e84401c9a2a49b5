import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireConfiguration } from '../../config/required.js';
import { Reloader, ServiceMemo, type Configuration } from '../../config/index.js';
import { BallastError } from '../../lib/errors.js';
import { VirtualClock } from '../fakes/clock.js';
import { hearLog } from '../support/log.js';

const orders = (critical = '10%'): string => `service: orders
metrics: {errors: {level: app, ratio: {bad: bad, total: all}, good: 1%, critical: ${critical}, weight: 1}}
`;

describe('reading the configuration again', () => {
  let folder: string;
  let clock: VirtualClock;
  let heard: ReturnType<typeof hearLog>;
  let applied: Configuration[];
  let refuse: BallastError | null;

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const messages = (): string[] => heard.lines.map(({ msg }) => String(msg));
  const create = (part: 'engine' | 'scheduler' = 'engine'): Reloader => {
    const options = { env: {}, memo: new ServiceMemo() };
    return new Reloader({
      directory: folder,
      part,
      options,
      started: requireConfiguration(folder, options),
      apply: (next) => {
        if (refuse) throw refuse;
        applied.push(next);
      },
      clock,
      log: heard.log,
    });
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-reload-'));
    clock = new VirtualClock();
    heard = hearLog();
    applied = [];
    refuse = null;
    mkdirSync(join(folder, 'services'));
    write('ballast.yaml', 'engine: {data: data}\n');
    write('services/orders.yaml', orders());
    write('services/users.yaml', 'service: users\npreset: node\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('says what was added, changed and removed, and keeps the very objects that are as they were', () => {
    const reloader = create();
    const before = reloader.configuration.services;
    write('services/orders.yaml', orders('20%'));
    write('services/carts.yaml', 'service: carts\npreset: node\n');
    const result = reloader.reload('api');
    expect(result).to.deep.include({ ok: true, changes: { added: ['carts'], changed: ['orders'], removed: [] } });
    const after = reloader.configuration.services;
    for (const [name, policy] of before)
      expect(after.get(name) === policy, `${name} is the same object`).to.equal(name !== 'orders');
    rmSync(join(folder, 'services', 'users.yaml'));
    expect(reloader.reload('file')).to.deep.include({ changes: { added: [], changed: [], removed: ['users'] } });
    expect(messages()).to.deep.equal(['another configuration is in force', 'another configuration is in force']);
  });

  it('takes all or nothing: one bad file among good ones leaves everything as it was, said once', async () => {
    const reloader = create();
    const before = reloader.configuration;
    const { goodAt } = reloader.state;
    write('services/orders.yaml', orders('20%'));
    write('services/users.yaml', 'service: users\npreset: nodd\nheel: {}\n');
    await clock.advance(1_000);
    const first = reloader.reload('file');
    reloader.reload('file');
    expect(!first.ok && first.problems.map(({ line, column }) => [line, column])).to.deep.equal([
      [2, 9],
      [3, 1],
    ]);
    expect(applied).to.deep.equal([]);
    expect(reloader.configuration).to.equal(before);
    expect(reloader.state).to.include({ ok: false, goodAt });
    expect(reloader.troubles.join()).to.match(
      /refused and the last good one stays: .*users\.yaml:2:9: preset: no preset "nodd" .* and 1 more/,
    );
    expect(messages()).to.deep.equal(['the configuration is refused; the last good one stays in force']);
    write('services/users.yaml', 'service: users\npreset: nodd\n');
    reloader.reload('file');
    expect(messages()).to.have.length(2);
    write('services/users.yaml', 'service: users\npreset: node\n');
    expect(reloader.reload('file')).to.deep.include({ changes: { added: [], changed: ['orders'], removed: [] } });
    expect(reloader.state).to.include({ ok: true, goodAt: goodAt + 1_000 });
    expect(reloader.troubles).to.deep.equal([]);
  });

  it('stays with what was where it cannot be put in force', () => {
    const reloader = create();
    const before = reloader.configuration;
    refuse = new BallastError('bad-query', 'orders: too long', { hint: 'shorten it' });
    write('services/orders.yaml', orders('20%'));
    const result = reloader.reload('api');
    expect(!result.ok && result.problems[0]).to.include({ message: 'orders: too long', hint: 'shorten it', line: 0 });
    expect(reloader.configuration).to.equal(before);
    refuse = null;
    expect(reloader.reload('api')).to.deep.include({ changes: { added: [], changed: ['orders'], removed: [] } });
  });

  it('takes the rest where some of ballast.yaml needs a restart, and names it without its value', () => {
    const reloader = create();
    const secret = 'hunter2-hunter2';
    write('ballast.yaml', `engine: {data: elsewhere, listen: {tokens: [${secret}]}}\nlog: {level: debug}\n`);
    write('services/orders.yaml', orders('20%'));
    const result = reloader.reload('signal');
    expect(result).to.deep.include({ needsRestart: ['engine.listen', 'engine.data'] });
    expect(reloader.configuration.ballast.engine.data).to.equal(join(folder, 'data'));
    expect(reloader.configuration.ballast.log.level).to.equal('debug');
    expect(applied).to.have.length(1);
    expect(reloader.troubles).to.deep.equal(['engine.listen, engine.data in ballast.yaml changed: needs a restart']);
    reloader.reload('signal');
    expect(messages().filter((message) => message.includes('restart'))).to.have.length(1);
    expect(JSON.stringify([reloader.state, heard.lines])).not.to.include(secret);
    write('ballast.yaml', 'engine: {data: data}\n');
    reloader.reload('signal');
    expect(reloader.troubles).to.deep.equal([]);
  });

  it('lets each service name only what it reads itself', () => {
    const [engine, scheduler] = [create('engine'), create('scheduler')];
    write(
      'ballast.yaml',
      'engine: {data: data, scrape_concurrency: 9}\nscheduler: {max_actions: 3/h, engine: {url: "http://127.0.0.1:1"}}\ndocker: {socket: /run/d.sock}\n',
    );
    expect(engine.reload('api')).to.deep.include({ needsRestart: ['engine.scrape_concurrency'] });
    expect(scheduler.reload('api')).to.deep.include({ needsRestart: ['scheduler.engine', 'docker.socket'] });
    expect(scheduler.configuration.ballast.scheduler).to.include({ maxActions: 3 });
  });

  it('looks at a change before it is made, without making it', () => {
    const reloader = create();
    const path = join(folder, 'services', 'orders.yaml');
    const preview = reloader.preview(new Map([[path, orders('30%')]]));
    expect(
      preview.ok && [...preview.configuration.services.values()].map((policy) => policy.metrics[0]?.critical)[0],
    ).to.equal(0.3);
    const without = reloader.preview(new Map([[path, null]]));
    expect(without.ok && [...without.configuration.services.keys()]).to.deep.equal(['users']);
    const added = reloader.preview(new Map([[join(folder, 'services', 'x.yaml'), 'service: orders\npreset: node\n']]));
    expect(!added.ok && added.problems[0]?.message).to.match(/is also defined in .*orders\.yaml/);
    expect(reloader.reload('api')).to.deep.include({ changes: { added: [], changed: [], removed: [] } });
  });
});

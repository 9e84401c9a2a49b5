import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences } from '../../cli/commands/config-diff.js';
import { run } from '../../cli/run.js';
import { startEditing, type Editing } from '../support/editing.js';
import { ioWith } from '../support/io.js';

const orders = (critical: string): string => `service: orders # ours
metrics: {depth: {query: depth, good: 0, critical: ${critical}, weight: 1}}
`;

describe('ballast config', () => {
  let folder: string;
  let editing: Editing;
  const file = (name: string): string => join(folder, 'services', `${name}.yaml`);
  const ballast = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    let [out, err] = ['', ''];
    const io = ioWith({ out: (text) => void (out += text), err: (text) => void (err += text), user: 'me@here' });
    const code = await run(['--engine', editing.url, '--scheduler', editing.url, ...argv], io);
    return { code, out, err };
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-cli-config-'));
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'ballast.yaml'), 'engine: {data: data}\n');
    writeFileSync(file('orders'), orders('10'));
    editing = await startEditing(folder);
  });
  afterEach(async () => {
    await editing.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows what is in force: all services, one file as it is stored, and what it comes to', async () => {
    expect((await ballast('config', 'show')).out).to.match(/^orders +file +yes +1 +- +.*orders\.yaml$/m);
    expect((await ballast('config', 'show', 'orders')).out).to.equal(orders('10'));
    expect((await ballast('config', 'show', 'orders', '--resolved')).out).to.match(/^ {2}intervalMs: 5000$/m);
    const { out } = await ballast('config', 'show', 'orders', '--resolved', '-o', 'json');
    expect(JSON.parse(out)).to.deep.include({ service: 'orders' });
    expect(await ballast('config', 'show', 'users')).to.include({ code: 1 });
    expect(await ballast('config', 'show', '--resolved')).to.include({ code: 64 });
  });

  it('applies a file in the name of who is at the keyboard, tells its versions, and goes back', async () => {
    const edited = join(folder, 'edited.yaml');
    writeFileSync(edited, orders('20'));
    expect(await ballast('config', 'apply', edited, '--dry-run')).to.deep.include({
      code: 0,
      out: '{\n  "looked": true\n}\n',
    });
    expect(readFileSync(file('orders'), 'utf8')).to.equal(orders('10'));
    const applied = await ballast('config', 'apply', edited, '--reason', 'too strict');
    expect(applied).to.deep.equal({ code: 0, out: '', err: 'changed orders; version 2\n' });
    expect(readFileSync(file('orders'), 'utf8')).to.equal(orders('20'));
    expect((await ballast('config', 'versions', 'orders')).out).to.match(
      /^ +2 +\S+ +me@here +text +\w{12} +too strict$/m,
    );
    expect((await ballast('config', 'versions', 'orders', '--show', '1')).out).to.equal(orders('10'));
    expect(await ballast('config', 'rollback', 'orders', '1')).to.include({ err: 'changed orders; version 3\n' });
    expect(readFileSync(file('orders'), 'utf8')).to.equal(orders('10'));
    expect(await ballast('config', 'rollback', 'orders', '9')).to.include({ code: 1 });
    expect(await ballast('config', 'apply', edited, '--if-match', '"old"')).to.include({ code: 1 });
    expect(await ballast('config', 'remove', 'orders')).to.include({ code: 0, err: 'removed orders; version 4\n' });
  });

  it('lists every problem of a file that is refused, with its place', async () => {
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'service: orders\nheel: {}\nzones: {rize: 1}\npreset: node\n');
    const { code, out } = await ballast('config', 'apply', bad);
    expect(code).to.equal(1);
    expect(out.split('\n').map((line) => line.replace(/^.*\.yaml:/, '').slice(0, 9))).to.deep.equal([
      '2:1: heel',
      '3:9: zone',
      '',
    ]);
    writeFileSync(bad, 'preset: node\n');
    expect(await ballast('config', 'apply', bad)).to.include({ code: 64 });
  });

  it('has both services read their files again, and fails with what is wrong', async () => {
    expect(await ballast('config', 'reload')).to.include({
      code: 0,
      out: 'engine: nothing is otherwise than before\nscheduler: nothing is otherwise than before\n',
    });
    writeFileSync(file('users'), 'service: users\npreset: nodd\n');
    const { code, out, err } = await ballast('config', 'reload');
    expect(code).to.equal(1);
    expect(out).to.match(/users\.yaml:2:9: preset: no preset "nodd" \(did you mean "node"\?\)/);
    expect(err).to.match(/^engine: the configuration is refused: \d problems?; what was in force stays so$/m);
  });

  it('says which file is not in force', async () => {
    writeFileSync(file('orders'), 'service: orders\nheel: {}\n');
    editing.reloader.reload('file');
    expect((await ballast('config', 'show')).out).to.match(/^orders +file +no /m);
    expect((await ballast('config', 'show', 'orders')).err).to.match(/this is not in force/);
  });

  it('compares a folder with what is in force, value by value', async () => {
    expect(await ballast('config', 'diff', folder, '--exit-code')).to.deep.equal({
      ...{ code: 0, out: '', err: 'what the files say is in force\n' },
    });
    writeFileSync(file('orders'), `${orders('20')}owner: ana\n`);
    writeFileSync(file('users'), 'service: users\npreset: node\n');
    const { code, out } = await ballast('config', 'diff', folder, '--exit-code');
    expect(code).to.equal(2);
    expect(out).to.equal(
      'orders: owner: null -> "ana"\norders: metrics.depth.critical: 10 -> 20\nusers: only in the files\n',
    );
    writeFileSync(file('users'), 'service: users\nheel: {}\n');
    expect(await ballast('config', 'diff', folder)).to.include({ code: 1 });
  });

  it('prints the schemas that editors want', async () => {
    for (const kind of ['service', 'ballast', 'preset'])
      expect(JSON.parse((await ballast('config', 'schema', kind)).out)).to.have.property('properties');
    expect(await ballast('config', 'schema', 'other')).to.include({ code: 64 });
  });

  it('checks single files as well as folders', async () => {
    expect((await ballast('check', 'config', folder)).err).to.match(/: fine \(1 service, 1 metric\)$/m);
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'service: orders\nheel: {}\n');
    const { code, out, err } = await ballast(
      'check',
      'config',
      file('orders'),
      bad,
      join(folder, 'ballast.yaml'),
      join(folder, 'none.yaml'),
    );
    expect(code).to.equal(1);
    expect(out).to.match(/^.*bad\.yaml:2:1: heel: unknown key "heel" \(did you mean "heal"\?\)$/m);
    expect(out).to.match(/none\.yaml: does not exist/);
    expect(err).to.match(/orders\.yaml: fine \(service orders, 1 metric\)/);
    expect(err).to.match(/ballast\.yaml: fine/);
    writeFileSync(
      bad,
      'service: orders\nscrape: {interval: 250ms}\nmetrics: {m: {query: "rate(x[1h])", good: 0, critical: 1, weight: 1}}\n',
    );
    expect((await ballast('check', 'config', bad)).out).to.match(/more than the limit of 5000/);
  });
});

describe('differences', () => {
  it('name the place of each value, and know lists of named things', () => {
    expect(
      differences(
        { a: 1, file: 'x', l: [{ name: 'm', v: 1 }] },
        { a: 1, file: 'y', l: [{ name: 'm', v: 2 }, { name: 'n' }] },
      ),
    ).to.deep.equal(['l.m.v: 1 -> 2', 'l.n: (none) -> {"name":"n"}']);
    expect(differences([1, 2], [1, 2])).to.deep.equal([]);
    expect(differences({ a: [1] }, { a: [2] })).to.deep.equal(['a: [1] -> [2]']);
  });
});

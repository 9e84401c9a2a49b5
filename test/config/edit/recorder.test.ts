import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { Recorder, Versions } from '../../../config/edit/index.js';
import { Reloader, ServiceMemo } from '../../../config/index.js';
import { requireConfiguration } from '../../../config/required.js';
import { createLog } from '../../../lib/log.js';
import { VirtualClock } from '../../fakes/clock.js';

const log = createLog({ level: 'silent', name: 'test' });
const text = (owner: string): string => `service: orders\npreset: node\nowner: ${owner}\n`;

describe('versions of service files', () => {
  let folder: string;
  let clock: VirtualClock;
  let versions: Versions;
  let reloader: Reloader;
  let recorder: Recorder;
  const path = (): string => join(folder, 'versions.db');
  const write = (owner: string): void => writeFileSync(join(folder, 'services', 'orders.yaml'), text(owner));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-versions-'));
    clock = new VirtualClock();
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'ballast.yaml'), '{}');
    write('ana');
    versions = new Versions({ path: path(), clock, log });
    const options = { env: {}, memo: new ServiceMemo() };
    const started = requireConfiguration(folder, options);
    const apply = (): void => undefined;
    reloader = new Reloader({ directory: folder, part: 'engine', options, started, apply, clock, log });
    recorder = new Recorder(reloader, versions, clock);
    reloader.reload('start');
  });
  afterEach(() => {
    versions.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = (): string[] => versions.list('orders', 10).map(({ version, author }) => `${version} ${author}`);

  it('stand in the name that was announced, even where the watch sees the file first', () => {
    const done = recorder.announce({ service: 'orders', text: text('bo'), author: 'bo', reason: null });
    write('bo');
    reloader.reload('file');
    reloader.reload('api');
    done();
    expect(lines()).to.deep.equal(['2 bo', '1 file']);
  });

  it('give nobody the name of another: of what was announced only that text is theirs', () => {
    const done = recorder.announce({ service: 'orders', text: text('bo'), author: 'bo', reason: null });
    write('somebody else');
    reloader.reload('file');
    done();
    write('bo');
    reloader.reload('file');
    expect(lines()).to.deep.equal(['3 file', '2 file', '1 file']);
  });

  it('can be added to and nothing else', () => {
    const database = new BetterSqlite(path());
    try {
      for (const sql of ["UPDATE versions SET author = 'x'", 'DELETE FROM versions'])
        expect(() => database.exec(sql)).to.throw(/append-only/);
    } finally {
      database.close();
    }
  });

  it('start anew beside a file that is damaged', async () => {
    versions.close();
    writeFileSync(path(), 'no database'.repeat(1_000));
    await clock.advance(60_000);
    write('bo');
    reloader.reload('file');
    expect(lines()).to.deep.equal(['1 file']);
    expect(versions.problem).to.equal(null);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BallastError } from '../../lib/errors.js';
import { type Database, openDatabase, sqliteTrouble } from '../../lib/sqlite.js';
import { hearLog } from '../support/log.js';

const first = 'CREATE TABLE note (text TEXT NOT NULL)';
const second = 'ALTER TABLE note ADD COLUMN at INTEGER';

const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return null;
};

describe('openDatabase', () => {
  let folder: string;
  let path: string;
  const opened: Database[] = [];
  const open = (migrations: readonly string[], log = hearLog().log, at = path): Database => {
    const database = openDatabase(at, migrations, log);
    opened.push(database);
    return database;
  };
  const close = (): void => {
    for (const database of opened.splice(0)) database.close();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-sqlite-'));
    path = join(folder, 'deep', 'journal.db');
  });
  afterEach(() => {
    close();
    rmSync(folder, { recursive: true });
  });

  it('makes the folder, and writes ahead', () => {
    expect(open([first]).pragma('journal_mode', { simple: true })).to.equal('wal');
  });

  it('applies only the migrations that are new, and keeps the rows', () => {
    open([first]).prepare('INSERT INTO note VALUES (?)').run('kept');
    close();
    expect(open([first, second]).prepare('SELECT * FROM note').all()).to.deep.equal([{ text: 'kept', at: null }]);
  });

  it('takes back a migration that fails half-way', () => {
    const broken = caught(() => openDatabase(path, [first, `${second}; CREATE NONSENSE`], hearLog().log));
    expect(broken).to.be.instanceOf(BallastError).with.property('code', 'DATABASE_UNUSABLE');
    expect(open([first]).pragma('table_info(note)')).to.have.length(1);
  });

  it('refuses a schema from the future and says what to do', () => {
    open([first, second]);
    close();
    const error = caught(() => openDatabase(path, [first], hearLog().log));
    expect(error).to.include({
      code: 'DATABASE_TOO_NEW',
      hint: 'run the newer version of Ballast, or move the file away',
    });
    expect(readdirSync(join(folder, 'deep'))).to.deep.equal(['journal.db']);
  });

  const damages: [string, (at: string) => void][] = [
    ['is no database', (at) => writeFileSync(at, 'this is not a database, but long enough to look at it '.repeat(40))],
    ['has lost its middle', (at) => writeFileSync(at, withHole(readFileSync(at)))],
  ];
  const withHole = (bytes: Buffer): Buffer => bytes.fill(0xa5, 4_096 + 100);
  for (const [name, damage] of damages)
    it(`moves a file aside that ${name}, reports it and starts anew`, () => {
      const database = open([first]);
      const insert = database.prepare('INSERT INTO note VALUES (?)');
      for (let row = 0; row < 500; row++) insert.run('x'.repeat(100));
      close();
      damage(path);
      const { log, lines } = hearLog();
      expect(open([first], log).prepare('SELECT count(*) AS rows FROM note').get()).to.deep.equal({ rows: 0 });
      const aside = readdirSync(join(folder, 'deep')).filter((file) => file.includes('.corrupt-'));
      expect(aside.some((file) => /^journal\.db\.corrupt-\d{4}-\d\d-\d\dT[\d-]+\.\d+Z$/.test(file))).to.equal(true);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include({ level: 'error', path });
    });

  it('says so when the folder cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    const error = caught(() => openDatabase(join(folder, 'file', 'x.db'), [first], hearLog().log));
    expect(error).to.include({ code: 'DATABASE_UNUSABLE' });
  });

  describe('on a full disk', () => {
    let disk: string;
    const fill = (database: Database): unknown => {
      const insert = database.prepare('INSERT INTO note VALUES (?)');
      return caught(() => {
        for (let row = 0; row < 10_000; row++) insert.run('x'.repeat(4_000));
      });
    };
    beforeEach(() => {
      disk = join(folder, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    });
    afterEach(() => {
      close();
      execFileSync('umount', [disk]);
    });

    it('tells a full disk from damage, keeps what was written, and goes on when there is space again', () => {
      const database = open([first], hearLog().log, join(disk, 'a.db'));
      expect(sqliteTrouble(fill(database))).to.equal('full');
      const count = database.prepare('SELECT count(*) FROM note').pluck();
      expect(count.get()).to.be.greaterThan(1);
      const before = Number(count.get());
      execFileSync('mount', ['-o', 'remount,size=1m', disk]);
      database.prepare('INSERT INTO note VALUES (?)').run('fits');
      expect(count.get()).to.equal(before + 1);
    });

    it('is the disk that is blamed when nothing can be opened, and no file is moved aside', () => {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(240 * 1024));
      const error = caught(() => openDatabase(join(disk, 'b.db'), [first], hearLog().log));
      expect(error).to.include({ code: 'DISK_FULL', hint: 'free some space on its disk' });
      expect(readdirSync(disk).some((file) => file.includes('corrupt'))).to.equal(false);
    });
  });
});

describe('sqliteTrouble', () => {
  it('is null for what SQLite did not say', () => {
    expect(sqliteTrouble(new Error('database or disk is full'))).to.equal(null);
  });
});

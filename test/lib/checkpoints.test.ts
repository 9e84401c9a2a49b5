import { expect } from 'chai';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkpoints } from '../../lib/checkpoints.js';
import { createLog } from '../../lib/log.js';
import { openDatabase } from '../../lib/sqlite.js';
import { eventually } from '../support/eventually.js';

const log = createLog({ level: 'silent', name: 'test' });
const large = Buffer.alloc(8 * 1024 * 1024, 'x');

describe("a database's log", () => {
  let folder: string;
  const path = (): string => join(folder, 'some.db');
  const size = (): number => statSync(path()).size;
  const open = () => openDatabase(path(), ['CREATE TABLE things (body BLOB)'], log);
  const troubles: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-checkpoints-'));
    troubles.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is brought into the database by another thread after some writes, and not before by the writer', async () => {
    const database = open();
    const checkpoints = new Checkpoints(database, path(), (why) => troubles.push(why));
    database.prepare('INSERT INTO things (body) VALUES (?)').run(large);
    for (let i = 0; i < 31; i += 1) checkpoints.wrote();
    expect(size()).to.be.below(large.length);
    checkpoints.wrote();
    await eventually(() => size() > large.length, { timeoutMs: 20_000 });
    checkpoints.stop();
    database.close();
    expect(troubles).to.deep.equal([]);
  }).timeout(30_000);

  it('is told of once when it cannot be', async () => {
    const database = open();
    const checkpoints = new Checkpoints(database, join(folder, 'nowhere.db'), (why) => troubles.push(why));
    for (let i = 0; i < 32; i += 1) checkpoints.wrote();
    await eventually(() => troubles.length > 0, { timeoutMs: 20_000 });
    expect(troubles).to.have.length(1);
    checkpoints.stop();
    database.close();
  }).timeout(30_000);
});

import { expect } from 'chai';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/clock.js';
import { watchFiles } from '../../lib/file-watch.js';
import { createLog } from '../../lib/log.js';
import { VirtualClock } from '../fakes/clock.js';
import { eventually } from '../support/eventually.js';

const log = createLog({ level: 'silent', name: 'test' });

describe('watching files', () => {
  let folder: string;
  let ending: AbortController;
  let running: Promise<void>;
  let told: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-watch-'));
    ending = new AbortController();
    told = [];
  });
  afterEach(async () => {
    ending.abort();
    await running;
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string): string => join(folder, name);
  const print = (name: string): string => {
    const stat = statSync(at(name), { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none';
  };
  /** Hints only, unless the folders are said to be none: then only looks. */
  const start = (name: string, everyMs: number, folders = [folder]): void => {
    running = watchFiles(
      { print: () => print(name), folders: () => folders, everyMs, quietMs: 20, clock: systemClock, log },
      ending.signal,
      () => told.push(readFileSync(at(name), 'utf8')),
    );
  };
  const untilTold = (text: string): Promise<unknown> => eventually(() => told.at(-1) === text);

  it('tells of a file that is written in place', async () => {
    writeFileSync(at('a'), 'one');
    start('a', 60_000);
    writeFileSync(at('a'), 'two, longer');
    await untilTold('two, longer');
  });

  it('tells of one that an editor renames into place, and goes on', async () => {
    writeFileSync(at('a'), 'one');
    start('a', 60_000);
    for (const text of ['two', 'three']) {
      writeFileSync(at('a~'), text);
      renameSync(at('a~'), at('a'));
      await untilTold(text);
    }
    expect(told).to.deep.equal(['two', 'three']);
  });

  it('follows links whose middle is swapped, as a ConfigMap of Kubernetes is', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(at(version));
      writeFileSync(join(at(version), 'a'), `version ${version}`);
    }
    symlinkSync('1', at('data'));
    symlinkSync('data/a', at('a'));
    start('a', 60_000);
    symlinkSync('2', at('data.next'));
    renameSync(at('data.next'), at('data'));
    await untilTold('version 2');
  });

  it('sees without any notice what changed, where there are none', async () => {
    writeFileSync(at('a'), 'one');
    start('a', 30, [at('no such folder')]);
    writeFileSync(at('a'), 'two, longer');
    await untilTold('two, longer');
  });

  it('follows a folder that is replaced as a whole', async () => {
    mkdirSync(at('live'));
    writeFileSync(at('live/a'), 'one');
    start('live/a', 30, [at('live')]);
    mkdirSync(at('next'));
    writeFileSync(at('next/a'), 'two');
    renameSync(at('live'), at('old'));
    renameSync(at('next'), at('live'));
    await untilTold('two');
    writeFileSync(at('live/a'), 'three');
    await untilTold('three');
  });

  it('waits until nothing changes any more, and for no more than its patience', async () => {
    const clock = new VirtualClock();
    let state = 0;
    let changes = 0;
    const options = { folders: () => [], everyMs: 1_000, quietMs: 100, clock, log };
    running = watchFiles({ ...options, print: () => String(state) }, ending.signal, () => (changes += 1));
    state = 1;
    await clock.advance(1_050);
    expect(changes).to.equal(0);
    for (let i = 0; i < 20; i += 1) {
      state += 1;
      await clock.advance(100);
    }
    expect(changes).to.equal(0);
    await clock.advance(200);
    expect(changes).to.equal(1);
    for (let i = 0; i < 130; i += 1) {
      state += 1;
      await clock.advance(100);
    }
    expect(changes).to.be.above(1);
  });
});

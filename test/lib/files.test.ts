import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeAtomic } from '../../lib/files.js';

describe('writeAtomic', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-files-'));
    path = join(folder, 'upstreams.conf');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes a new file, and leaves nothing else behind', async () => {
    expect(await writeAtomic(path, 'one')).to.equal('written');
    expect(await readFile(path, 'utf8')).to.equal('one');
    expect(await readdir(folder)).to.deep.equal(['upstreams.conf']);
  });

  it('does not touch a file that says the same already', async () => {
    await writeAtomic(path, 'one');
    const { ino } = await stat(path);
    expect(await writeAtomic(path, 'one')).to.equal('same');
    expect((await stat(path)).ino).to.equal(ino);
  });

  it('replaces by rename, so that who reads the old one reads it to its end', async () => {
    await writeAtomic(path, 'one');
    const { ino } = await stat(path);
    expect(await writeAtomic(path, 'two')).to.equal('written');
    expect((await stat(path)).ino).not.to.equal(ino);
  });

  it('keeps the mode', async () => {
    await writeFile(path, 'one');
    await chmod(path, 0o640);
    await writeAtomic(path, 'two');
    expect((await stat(path)).mode & 0o777).to.equal(0o640);
  });

  it('writes through a symbolic link', async () => {
    const real = join(folder, 'real');
    await mkdir(real);
    await writeFile(join(real, 'x.conf'), 'one');
    await symlink(join(real, 'x.conf'), path);
    await writeAtomic(path, 'two');
    expect((await lstat(path)).isSymbolicLink()).to.equal(true);
    expect(await readFile(join(real, 'x.conf'), 'utf8')).to.equal('two');
  });

  it('leaves everything as it was when it cannot', async () => {
    await mkdir(path);
    const failed = await writeAtomic(path, 'one').then(
      () => 'written',
      () => 'failed',
    );
    expect(failed).to.equal('failed');
    expect(await readdir(folder)).to.deep.equal(['upstreams.conf']);
  });

  it('never shows a reader half a text', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await writeAtomic(path, texts[0] ?? '');
    const reads: string[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const write = writeAtomic(path, texts[turn % 2] ?? '');
      reads.push(await readFile(path, 'utf8'));
      await write;
    }
    expect(reads.every((read) => texts.includes(read))).to.equal(true);
  });
});

import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keep } from './keep.js';

describe('what a failure leaves', () => {
  it('is a copy of files and folders, with texts beside them; a socket keeps nothing from being copied', async () => {
    const state = await mkdtemp(join(tmpdir(), 'ballast-keep-'));
    const server = createServer();
    try {
      await mkdir(join(state, 'first'));
      await writeFile(join(state, 'first', 'scheduler.log'), 'it died');
      await new Promise<void>((resolve) => server.listen(join(state, 'docker.sock'), resolve));
      const folder = await keep(state, { 'wrong.txt': 'what was wrong' });
      await rm(state, { recursive: true });
      expect(await readFile(join(folder, 'first', 'scheduler.log'), 'utf8')).to.equal('it died');
      expect(await readFile(join(folder, 'wrong.txt'), 'utf8')).to.equal('what was wrong');
      expect(existsSync(join(folder, 'docker.sock'))).to.equal(false);
      await rm(folder, { recursive: true });
    } finally {
      server.close();
      await rm(state, { recursive: true, force: true });
    }
  });
});

/** A process that is killed while it writes service files, again and again: what it leaves is one text or the other. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesIn } from '../../../config/read.js';
import { packageRoot } from '../../../lib/paths.js';

const texts = ['a', 'b'].map((letter) => `${letter.repeat(200_000)}\n`);

/** Writes one text, then the other, for ever. */
const writer = `
import { writeAtomic } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'lib', 'files.js')).href)};
const texts = ['a', 'b'].map((letter) => letter.repeat(200_000) + '\\n');
process.stdout.write('ready');
for (let i = 1; ; i++) await writeAtomic(process.argv[2], texts[i % 2], { expected: texts[(i + 1) % 2] });
`;

describe('a service file that is being written when the process is killed', () => {
  it('holds the old text or the new one, and is the only one that is read', async function () {
    this.timeout(30_000);
    const folder = mkdtempSync(join(tmpdir(), 'ballast-kill-'));
    try {
      const [program, file] = [join(folder, 'writer.mjs'), join(folder, 'orders.yaml')];
      writeFileSync(program, writer);
      for (let round = 0; round < 8; round++) {
        writeFileSync(file, texts[0] ?? '');
        const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(child.stdout, 'data');
        // Not at the same moment each time.
        for (let turn = 0; turn < round * 40; turn++) await new Promise((resolve) => setImmediate(resolve));
        child.kill('SIGKILL');
        await once(child, 'exit');
        const left = readFileSync(file, 'utf8');
        expect(texts).to.include(left);
        // What was half written is hidden, and no configuration.
        expect(filesIn(folder)).to.deep.equal([file]);
      }
      expect(
        readdirSync(folder)
          .filter((name) => !name.startsWith('.'))
          .sort(),
      ).to.deep.equal(['orders.yaml', 'writer.mjs']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

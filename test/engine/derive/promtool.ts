import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../lib/paths.js';

const run = promisify(execFile);
const cache = join(packageRoot, '.cache', 'prometheus');

/** Prometheus's own test runner: `PROMTOOL`, else from PATH, else out of Debian's package, unpacked into the cache. */
export const findPromtool = async (): Promise<string> => {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  const unpacked = join(cache, 'usr', 'bin', 'promtool');
  const known = [process.env['PROMTOOL'] ?? '', ...onPath, unpacked].find((path) => path !== '' && existsSync(path));
  if (known !== undefined) return known;
  await mkdir(cache, { recursive: true });
  await run('apt-get', ['download', 'prometheus'], { cwd: cache });
  await run('sh', ['-c', 'dpkg -x prometheus_*.deb .'], { cwd: cache });
  return unpacked;
};

/** Runs a file of unit tests; what it says when some fail, or the empty string. */
export const promtoolTest = async (promtool: string, tests: unknown): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const file = join(folder, 'tests.yml');
    // JSON is YAML, but for the infinities.
    await writeFile(file, JSON.stringify(tests).replace(/"([+-])Inf"(?=\})/g, '$1.inf'));
    return await run(promtool, ['test', 'rules', file]).then(
      () => '',
      (error: { stdout?: string; stderr?: string }) =>
        `${error.stdout ?? ''}${error.stderr ?? ''}` || 'failed silently',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The demo service as a Docker image, built from what is here: no registry is asked. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { packageRoot } from '../../../lib/paths.js';

const run = promisify(execFile);
/** The compiled `scripts/demo`. */
const demo = join(dirname(fileURLToPath(import.meta.url)), '..');
const repository = 'ballast-demo';
/** prom-client and what it needs. */
const modules = ['prom-client', '@opentelemetry/api', 'tdigest', 'bintrees'];

const sources = async (): Promise<readonly string[]> => {
  const files = await readdir(join(demo, 'service'));
  return ['faults.js', ...files.filter((file) => file.endsWith('.js')).map((file) => join('service', file))].sort();
};

/** Same program, same Node, same image. */
const tagOf = async (files: readonly string[]): Promise<string> => {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(await readFile(join(demo, file)));
  return `${repository}:${hash.digest('hex').slice(0, 12)}`;
};

const stage = async (into: string, files: readonly string[]): Promise<void> => {
  for (const file of files) {
    await mkdir(dirname(join(into, file)), { recursive: true });
    await cp(join(demo, file), join(into, file));
  }
  for (const name of modules)
    await cp(join(packageRoot, 'node_modules', name), join(into, 'node_modules', name), { recursive: true });
  await writeFile(join(into, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(into, 'main.js'), "import './service/main.js';\n");
};

/** Images of older versions of the demo; one that a container still uses stays. */
const forgetOthers = async (docker: Docker, tag: string): Promise<void> => {
  const mine = await docker.listImages({ filters: { reference: [`${repository}:*`] } });
  const others = mine.flatMap(({ RepoTags }) => RepoTags ?? []).filter((other) => other !== tag);
  await Promise.allSettled(others.map((other) => docker.getImage(other).remove()));
};

/** Builds the image unless it is there; answers its tag. */
export const demoImage = async (docker: Docker): Promise<string> => {
  const files = await sources();
  const tag = await tagOf(files);
  const there = await docker
    .getImage(tag)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (there) return tag;
  const app = await mkdtemp(join(tmpdir(), 'ballast-demo-image-'));
  try {
    await stage(app, files);
    await run(join(packageRoot, 'scripts/lib/node-image'), [tag, app]);
  } finally {
    await rm(app, { recursive: true, force: true });
  }
  await forgetOthers(docker, tag);
  return tag;
};

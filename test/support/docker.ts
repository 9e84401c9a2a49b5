/** Containers of a small Node program, under a label of this test run, against the real daemon. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { packageRoot } from '../../lib/paths.js';

export const dockerSocket = process.env['DOCKER_SOCKET'] ?? '/var/run/docker.sock';

/** Listens on port 8080, or the first argument; ends on SIGTERM unless told to ignore it. */
const program = `
const http = require('node:http');
http.createServer((_, answer) => answer.end('ok')).listen(Number(process.argv[2] ?? 8080));
process.on('SIGTERM', () => { if (process.argv[3] !== 'stubborn') process.exit(0); });
`;

export interface TestDocker {
  readonly docker: Docker;
  readonly image: string;
  /** Creates a container, and starts it unless told otherwise; removed in the end. */
  run(options?: Docker.ContainerCreateOptions, start?: boolean): Promise<Docker.Container>;
  /** Removes what `run` made. */
  clear(): Promise<void>;
  /** Removes the image too. */
  stop(): Promise<void>;
}

export const startDocker = async (): Promise<TestDocker> => {
  const docker = new Docker({ socketPath: dockerSocket });
  const image = `ballast-test:${randomBytes(6).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'ballast-image-'));
  try {
    await writeFile(join(folder, 'main.js'), program);
    await promisify(execFile)(join(packageRoot, 'scripts', 'lib', 'node-image'), [image, folder], {
      env: { ...process.env, DOCKER_HOST: `unix://${dockerSocket}`, DOCKER_API_VERSION: '1.41' },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const made: Docker.Container[] = [];
  const clear = async (): Promise<void> => {
    for (const container of made.splice(0)) {
      await container.remove({ force: true, v: true }).catch((thrown: unknown) => {
        if (!String(thrown).includes('404')) throw thrown;
      });
    }
  };
  return {
    docker,
    image,
    run: async (options = {}, start = true) => {
      const container = await docker.createContainer({ Image: image, ...options });
      made.push(container);
      if (start) await container.start();
      return container;
    },
    clear,
    stop: async () => {
      await clear();
      await docker.getImage(image).remove({ force: true });
    },
  };
};

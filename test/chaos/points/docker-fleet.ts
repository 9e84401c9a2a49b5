import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { z } from 'zod';
import { packageRoot } from '../../../lib/paths.js';
import { dockerSocket } from '../../support/docker.js';
import { eventually } from '../../support/eventually.js';
import type { Pace } from './fast-clock.js';
import { type CrashFleet, instanceProgram, newMembers, processOf } from './fleet.js';

const eventSchema = z.object({ Actor: z.object({ Attributes: z.record(z.string(), z.string()) }) });

/** An image of the instance's program alone. */
const makeImage = async (image: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-image-'));
  try {
    await copyFile(instanceProgram, join(folder, 'main.js'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await promisify(execFile)(join(packageRoot, 'scripts', 'lib', 'node-image'), [image, folder], {
      env: { ...process.env, DOCKER_HOST: `unix://${dockerSocket}`, DOCKER_API_VERSION: '1.41' },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Containers on the host's network; Docker itself tells how often each was started. */
export const dockerCrashFleet = async (_state: string, pace: Pace): Promise<CrashFleet> => {
  const docker = new Docker({ socketPath: dockerSocket });
  const members = await newMembers();
  const run = `ballast-points-${process.pid}-${pace.origin.toString(36)}`;
  const label = `ballast.instance.${run}`;
  const image = `${run}:1`;
  const mine = () => docker.listContainers({ all: true, filters: { label: [label] } });
  let lookedAt = Date.now() / 1000;

  /** Docker's own events, each start by itself. */
  const begun = async (): Promise<readonly string[]> => {
    const [since, until] = [lookedAt, Date.now() / 1000];
    lookedAt = until;
    const filters = JSON.stringify({ type: ['container'], event: ['start'], label: [label] });
    const events = await text(await docker.getEvents({ since, until, filters }));
    return events
      .split('\n')
      .filter(Boolean)
      .map((line) => eventSchema.parse(JSON.parse(line)).Actor.Attributes[label] ?? line);
  };

  return {
    runtime: { docker: { label } },
    members,
    start: async () => {
      await makeImage(image);
      for (const member of members) {
        const { id, port } = member;
        const container = await docker.createContainer({
          name: `${run}-${id}`,
          Image: image,
          Cmd: ['main.js', id, `${port}`, '', `${pace.origin}`, `${pace.speed}`],
          Labels: { [label]: id },
          HostConfig: { NetworkMode: 'host', RestartPolicy: { Name: 'no' } },
        });
        await container.start();
        await eventually(async () => (await processOf(member)) !== null);
      }
      await begun();
    },
    begun,
    leftOver: async () => {
      const names = members.map(({ id }) => `/${run}-${id}`);
      return (await mine()).flatMap(({ Names }) => Names).filter((name) => !names.includes(name));
    },
    stop: async () => {
      for (const { Id } of await mine()) await docker.getContainer(Id).remove({ force: true, v: true });
      await docker
        .getImage(image)
        .remove({ force: true })
        .catch(() => undefined);
    },
  };
};

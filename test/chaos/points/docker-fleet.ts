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
import {
  count,
  type CrashFleet,
  type CrashMember,
  instanceProgram,
  localMembers,
  processOf,
  register,
  service,
} from './fleet.js';

/** Where its containers run: on the host's network at fixed ports, or on Docker's own, where two can run side by side. */
type Network = 'host' | 'bridge';

const insidePort = 8_080;

const networkSchema = z.object({ IPAM: z.object({ Config: z.tuple([z.object({ Gateway: z.string() })]) }) });
const registeredSchema = z.object({ Address: z.string(), Port: z.number() });
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

/** Where the host is for a container on Docker's own network. */
const hostOnBridge = async (docker: Docker): Promise<string> => {
  const { IPAM } = networkSchema.parse(await docker.getNetwork('bridge').inspect());
  return IPAM.Config[0].Gateway;
};

/** As registered: each new container registers itself. */
const registeredMembers = (consul: () => string): readonly CrashMember[] =>
  Array.from({ length: count }, (_, i) => {
    const id = `${service}-${i + 1}`;
    const at = async (): Promise<string> => {
      const answer = await fetch(`${consul()}/v1/agent/service/${id}`, { signal: AbortSignal.timeout(3_000) });
      const { Address, Port } = registeredSchema.parse(await answer.json());
      return `${Address}:${Port}`;
    };
    return { id, at };
  });

/** Containers; Docker itself tells how often each was started. */
export const dockerCrashFleet =
  (network: Network) =>
  async (_state: string, pace: Pace): Promise<CrashFleet> => {
    const docker = new Docker({ socketPath: dockerSocket });
    let consulUrl = '';
    const local = network === 'host' ? await localMembers() : [];
    const members = network === 'host' ? local : registeredMembers(() => consulUrl);
    const consulAlsoAt = network === 'host' ? null : await hostOnBridge(docker);
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
      consulAlsoAt,
      start: async (consul) => {
        consulUrl = consul;
        await makeImage(image);
        const seen = consulAlsoAt === null ? '' : `http://${consulAlsoAt}:${new URL(consul).port}`;
        for (const member of members) {
          const { id } = member;
          const port = local.find((one) => one.id === id)?.port ?? insidePort;
          const container = await docker.createContainer({
            name: `${run}-${id}`,
            Image: image,
            Cmd: ['main.js', id, `${port}`, '', `${pace.origin}`, `${pace.speed}`, ...(seen ? [seen] : [])],
            Labels: { [label]: id },
            ExposedPorts: network === 'host' ? {} : { [`${insidePort}/tcp`]: {} },
            HostConfig: { NetworkMode: network, RestartPolicy: { Name: 'no' } },
          });
          await container.start();
          await eventually(async () => (await processOf(member)) !== null);
        }
        await register(consul, local);
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

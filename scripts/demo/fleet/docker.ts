/**
 * The fleet as containers. They share the host's network, so that the address in Consul is the one that NGINX, the engine
 * and the agent's checks use. No restart policy: what brings a dead one back is Ballast.
 */
import Docker from 'dockerode';
import { demoImage } from './image.js';
import { memberArguments, type Member, type Roster } from './roster.js';
import type { Fleet } from './types.js';

/** Ballast finds an instance's container by the first; the demo finds its own by the second. */
const instanceLabel = 'ballast.instance';
const runLabel = 'ballast.demo';

/** Already so (stopped, gone, being removed) is what was wanted. */
const alreadySo = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'statusCode' in error &&
  [304, 404, 409].includes(Number(error.statusCode));

export const dockerFleet = (run: string, socketPath = '/var/run/docker.sock'): Fleet => {
  const docker = new Docker({ socketPath });
  let closed = false;

  const startOne = async (image: string, member: Member, consul: string): Promise<void> => {
    const container = await docker.createContainer({
      name: `${run}-${member.id}`,
      Image: image,
      Cmd: ['main.js', ...memberArguments(member, consul)],
      Labels: { [instanceLabel]: member.id, [runLabel]: run },
      HostConfig: { NetworkMode: 'host', RestartPolicy: { Name: 'no' } },
    });
    if (!closed) await container.start();
  };

  const removeAll = async (): Promise<void> => {
    const mine = await docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run}`] } });
    const removals = mine.map(async ({ Id }) => {
      await docker
        .getContainer(Id)
        .stop({ t: 3 })
        .catch((error: unknown) => {
          if (!alreadySo(error)) throw error;
        });
      await docker
        .getContainer(Id)
        .remove({ force: true })
        .catch((error: unknown) => {
          if (!alreadySo(error)) throw error;
        });
    });
    await Promise.all(removals);
  };

  return {
    section: { docker: { label: instanceLabel } },
    start: async (roster: Roster) => {
      const image = await demoImage(docker);
      for (const member of roster.members) await startOne(image, member, roster.consul);
    },
    stop: async () => {
      closed = true;
      await removeAll();
    },
    killCommand: (id) => `docker kill ${run}-${id}`,
  };
};

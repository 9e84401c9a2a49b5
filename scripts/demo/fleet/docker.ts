/**
 * The fleet as containers. They share the host's network, so that the address in Consul is the one that NGINX, the engine
 * and the agent's checks use. No restart policy: what brings a dead one back is Ballast.
 */
import Docker from 'dockerode';
import { demoImage } from './image.js';
import { memberArguments, type Member, type Roster } from './roster.js';
import type { Fleet } from './types.js';

/**
 * By this label Ballast finds an instance's container, and the demo all of its own. It names the run: on the host's
 * network a container of another demo, with the same id on the same machine, could not be told apart.
 */
const labelOf = (run: string): string => `ballast.instance.${run}`;

/** Already so (stopped, gone, being removed) is what was wanted. */
const alreadySo = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'statusCode' in error &&
  [304, 404, 409].includes(Number(error.statusCode));

export const dockerFleet = (run: string, socketPath = '/var/run/docker.sock'): Fleet => {
  const docker = new Docker({ socketPath });
  const label = labelOf(run);
  let closed = false;

  const startOne = async (image: string, member: Member, consul: string): Promise<void> => {
    const container = await docker.createContainer({
      name: `${run}-${member.id}`,
      Image: image,
      Cmd: ['main.js', ...memberArguments(member, consul)],
      Labels: { [label]: member.id },
      HostConfig: { NetworkMode: 'host', RestartPolicy: { Name: 'no' } },
    });
    if (!closed) await container.start();
  };

  const removeAll = async (): Promise<void> => {
    const mine = await docker.listContainers({ all: true, filters: { label: [label] } });
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
    section: { docker: { label } },
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

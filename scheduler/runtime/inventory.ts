/** What the Docker daemon says, validated, in the words of match.ts. */
import type Docker from 'dockerode';
import { z } from 'zod';
import type { Container } from './match.js';
import { marks, wasStarted } from './successor.js';

const orEmpty = <T extends z.ZodType>(schema: T) => schema.nullish();

const networksSchema = z.record(
  z.string(),
  z.object({
    IPAddress: orEmpty(z.string()),
    GlobalIPv6Address: orEmpty(z.string()),
    IPAMConfig: orEmpty(z.object({ IPv4Address: orEmpty(z.string()), IPv6Address: orEmpty(z.string()) })),
  }),
);

export const inspectedSchema = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
  Config: z.object({
    Labels: orEmpty(z.record(z.string(), z.string())),
    ExposedPorts: orEmpty(z.record(z.string(), z.unknown())),
  }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    AutoRemove: z.boolean(),
    PortBindings: orEmpty(
      z.record(z.string(), orEmpty(z.array(z.object({ HostIp: orEmpty(z.string()), HostPort: orEmpty(z.string()) })))),
    ),
  }),
  NetworkSettings: z.object({
    Networks: orEmpty(networksSchema),
    Ports: orEmpty(
      z.record(z.string(), orEmpty(z.array(z.object({ HostIp: orEmpty(z.string()), HostPort: orEmpty(z.string()) })))),
    ),
  }),
});
export type Inspected = z.infer<typeof inspectedSchema>;

const listedSchema = z.array(z.object({ Id: z.string() }));

/** `8080/tcp` -> 8080; null: another protocol. */
const tcpPort = (key: string): number | null => {
  const found = /^(\d{1,5})(?:\/tcp)?$/.exec(key);
  return found ? Number(found[1]) : null;
};

const tcpPorts = (keys: readonly string[]): number[] => keys.flatMap((key) => tcpPort(key) ?? []);

type Bindings = Inspected['NetworkSettings']['Ports'];

const publishedBy = (bindings: Bindings): Container['published'] =>
  Object.entries(bindings ?? {}).flatMap(([key, binding]) => {
    const port = tcpPort(key);
    if (port === null) return [];
    return (binding ?? []).map(({ HostIp, HostPort }) => ({
      hostAddress: HostIp ?? '',
      hostPort: Number(HostPort ?? 0) || null,
      port,
    }));
  });

export const toContainer = (inspected: Inspected, label: string): Container => {
  const { Config, HostConfig, NetworkSettings, State } = inspected;
  const networks = Object.values(NetworkSettings.Networks ?? {});
  const now = networks.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
  const fixed = networks.flatMap(({ IPAMConfig }) => [IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address]);
  const bindings = State.Running ? NetworkSettings.Ports : HostConfig.PortBindings;
  return {
    id: inspected.Id,
    label: Config.Labels?.[label] ?? '',
    running: State.Running,
    wasStarted: wasStarted(State.StartedAt),
    replaces: Config.Labels?.[marks.replaces] ?? null,
    hostNetwork: HostConfig.NetworkMode === 'host',
    addresses: (State.Running ? now : fixed).flatMap((address) => (address ? [address] : [])),
    ports: [...new Set(tcpPorts([...Object.keys(Config.ExposedPorts ?? {}), ...Object.keys(bindings ?? {})]))],
    published: publishedBy(bindings),
  };
};

const statusOf = (thrown: unknown): number | null =>
  typeof thrown === 'object' && thrown !== null && 'statusCode' in thrown && typeof thrown.statusCode === 'number'
    ? thrown.statusCode
    : null;

/** "Already so": it has stopped or started, is gone, or is just being changed. */
export const isAlreadySo = (thrown: unknown, codes: readonly number[] = [304, 404, 409]): boolean =>
  codes.includes(statusOf(thrown) ?? 0);

/** The daemon answered, and refused; else nobody knows what it does. */
export const isAnswer = (thrown: unknown): boolean => statusOf(thrown) !== null;

export const isGone = (thrown: unknown): boolean => statusOf(thrown) === 404;

export const inspect = async (docker: Docker, id: string, signal: AbortSignal): Promise<Inspected> =>
  inspectedSchema.parse(await docker.getContainer(id).inspect({ abortSignal: signal }));

/** Everything with the label, stopped ones too. One that vanishes between list and look is not there. */
export const takeInventory = async (
  docker: Docker,
  label: string,
  signal: AbortSignal,
): Promise<readonly Inspected[]> => {
  const listed = listedSchema.parse(
    await docker.listContainers({ all: true, filters: { label: [label] }, abortSignal: signal }),
  );
  const inspected = await Promise.all(
    listed.map(({ Id }) =>
      inspect(docker, Id, signal).catch((thrown: unknown) => {
        if (isGone(thrown)) return null;
        throw thrown;
      }),
    ),
  );
  return inspected.filter((each) => each !== null);
};

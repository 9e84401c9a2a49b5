/** What takes the place of a container: the same again, under labels that say whose place it takes. Pure. */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';

type Info = Docker.ContainerInspectInfo;

/** Labels that Ballast puts on a container which it made. */
export const marks = {
  /** Id of the action that made it. */
  action: 'ballast.action',
  /** Id of the container whose place it takes. */
  replaces: 'ballast.replaces',
  /** The name that it gets in the end. */
  name: 'ballast.name',
} as const;

/** Of one that was only created. */
const never = '0001-01-01T00:00:00Z';
export const wasStarted = (startedAt: string): boolean => startedAt !== '' && startedAt !== never;

export const nameOf = ({ Name }: Pick<Info, 'Name'>): string => Name.replace(/^\//, '');

const suffix = (action: string): string => createHash('sha256').update(action).digest('hex').slice(0, 8);

/** Until the old one has given its name away; the same for the same action, so that no two are made. */
export const nextName = (name: string, action: string): string => `${name}-next-${suffix(action)}`;
export const keptName = (name: string, action: string): string => `${name}-kept-${suffix(action)}`;

const namesFixedPort = ({ HostConfig }: Info): boolean =>
  Object.values((HostConfig.PortBindings ?? {}) as Readonly<Record<string, readonly { HostPort?: string }[] | null>>)
    .flatMap((bindings) => bindings ?? [])
    .some(({ HostPort }) => HostPort !== undefined && HostPort !== '' && HostPort !== '0');

const fixedAddress = ({ NetworkSettings }: Info): boolean =>
  Object.values(NetworkSettings.Networks).some((network) => {
    const ipam = network.IPAMConfig as { IPv4Address?: string; IPv6Address?: string } | null | undefined;
    return Boolean(ipam?.IPv4Address ?? ipam?.IPv6Address);
  });

/** Null: the two may run side by side. Else why the old one must be stopped first. */
export const whyNotBoth = (old: Info): string | null => {
  const mode = old.HostConfig.NetworkMode ?? 'default';
  if (mode === 'host' || mode.startsWith('container:')) return `it shares the network of ${mode.replace(':', ' ')}`;
  if (namesFixedPort(old)) return 'it publishes a fixed port';
  if (fixedAddress(old)) return 'it has a fixed address';
  return null;
};

/** Volumes that the image asks for and nobody named: without this the new one would begin with empty ones. */
const carriedVolumes = ({ Mounts, HostConfig }: Info): string[] => {
  const bound = (HostConfig.Binds ?? []).map((bind) => bind.split(':')[1]);
  const mounted = (HostConfig.Mounts ?? []).map(({ Target }) => Target);
  return Mounts.flatMap(({ Type, Name, Destination, RW }) =>
    Type === 'volume' && Name !== undefined && !bound.includes(Destination) && !mounted.includes(Destination)
      ? [`${Name}:${Destination}:${RW ? 'rw' : 'ro'}`]
      : [],
  );
};

export interface Successor {
  readonly options: Docker.ContainerCreateOptions;
  /** Networks besides the first, to be joined before it starts. */
  readonly others: readonly { readonly network: string; readonly endpoint: Docker.EndpointSettings }[];
}

/** `image`: what its name stands for now, or the very image that it runs where the name means another by now. */
export const successorOf = (old: Info, action: string, image: string): Successor => {
  const short = old.Id.slice(0, 12);
  const { Hostname, ...config } = old.Config;
  const endpoints = Object.entries(old.NetworkSettings.Networks).map(([network, settings]) => ({
    network,
    endpoint: endpointOf(settings, short),
  }));
  const mode = old.HostConfig.NetworkMode ?? 'default';
  const isOwnNetwork = !['default', 'bridge', 'host', 'none'].includes(mode) && !mode.startsWith('container:');
  const first = isOwnNetwork ? endpoints.find(({ network }) => network === mode) : undefined;
  return {
    options: {
      ...config,
      // A name that Docker made of the old one's id is the old one's.
      ...(Hostname === short || mode === 'host' || mode.startsWith('container:') ? {} : { Hostname }),
      ...(mode.startsWith('container:') ? { ExposedPorts: {} } : {}),
      name: nextName(nameOf(old), action),
      Image: image,
      Labels: {
        ...old.Config.Labels,
        [marks.action]: action,
        [marks.replaces]: old.Id,
        [marks.name]: nameOf(old),
      },
      HostConfig: { ...old.HostConfig, Binds: [...(old.HostConfig.Binds ?? []), ...carriedVolumes(old)] },
      ...(first ? { NetworkingConfig: { EndpointsConfig: { [first.network]: first.endpoint } } } : {}),
    },
    others: endpoints.filter(({ network }) => isOwnNetwork && network !== first?.network),
  };
};

const endpointOf = (settings: Info['NetworkSettings']['Networks'][string], short: string): Docker.EndpointSettings => {
  const { IPAMConfig, Aliases, Links } = settings as Docker.EndpointSettings;
  const aliases = (Aliases ?? []).filter((alias) => alias !== short);
  return {
    ...(IPAMConfig ? { IPAMConfig } : {}),
    ...(aliases.length > 0 ? { Aliases: aliases } : {}),
    ...(Links ? { Links } : {}),
  };
};

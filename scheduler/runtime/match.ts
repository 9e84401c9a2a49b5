/**
 * Which container is an instance. Pure: what the daemon says of its containers in, one verdict out.
 *
 * A container is a *candidate* when its label holds the instance's Consul service id. A candidate *agrees* when its
 * address and port are the registered ones:
 *   - its own address on one of its networks; and the port is among those it exposes, if it says any;
 *   - or a TCP port published on this host: same host port, bound to the registered address or to all;
 *   - or it shares the host's network and the registered address is this host's (Docker knows no ports there; the label decides).
 * A stopped container has no addresses and no published ports: it agrees by its settings, fixed host ports and exposed
 * ports and the like; what they leave open is not held against it. Exactly one agreeing candidate is the instance.
 */
import type { CatalogEntry } from '../model.js';

export interface Container {
  readonly id: string;
  readonly label: string;
  readonly running: boolean;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  /** TCP ports inside, published or merely exposed. */
  readonly ports: readonly number[];
  /** TCP only. `hostPort` null: chosen anew with each start. `hostAddress` empty: all. */
  readonly published: readonly {
    readonly hostAddress: string;
    readonly hostPort: number | null;
    readonly port: number;
  }[];
}

export type Match =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'ambiguous'; readonly why: string };

type Wanted = Pick<CatalogEntry, 'id' | 'node' | 'address' | 'port'>;

/** Where two nodes of a service register the same id, the instance is called `id@node`. */
const isCandidate = (label: string, { id, node }: Wanted): boolean => label === id || `${label}@${node.name}` === id;

const everywhere = new Set(['', '0.0.0.0', '::']);

const byOwnAddress = (container: Container, { address, port }: Wanted): boolean =>
  container.addresses.includes(address) && (container.ports.length === 0 || container.ports.includes(port));

const byPublishedPort = (
  container: Container,
  { address, port }: Wanted,
  isOwn: (address: string) => boolean,
): boolean =>
  container.published.some(
    ({ hostAddress, hostPort }) =>
      (hostPort === port || (hostPort === null && !container.running)) &&
      (hostAddress === address || (everywhere.has(hostAddress) && isOwn(address))),
  );

const byHostNetwork = (container: Container, { address }: Wanted, isOwn: (address: string) => boolean): boolean =>
  container.hostNetwork && isOwn(address);

/** On a network that gives addresses at the start, nothing but the port is left while it is stopped. */
const byExposedPort = (container: Container, { port }: Wanted): boolean =>
  !container.running &&
  container.addresses.length === 0 &&
  container.published.length === 0 &&
  container.ports.includes(port);

export const matchContainer = (
  wanted: Wanted,
  containers: readonly Container[],
  isOwn: (address: string) => boolean,
): Match => {
  const candidates = containers.filter(({ label }) => isCandidate(label, wanted));
  if (candidates.length === 0) return { kind: 'none', why: `no container here has the label value ${wanted.id}` };
  const agreeing = candidates.filter(
    (each) =>
      byHostNetwork(each, wanted, isOwn) ||
      byPublishedPort(each, wanted, isOwn) ||
      byOwnAddress(each, wanted) ||
      byExposedPort(each, wanted),
  );
  const [only, another] = agreeing;
  if (only && !another) return { kind: 'one', id: only.id };
  const names = (some: readonly Container[]): string => some.map(({ id }) => id.slice(0, 12)).join(', ');
  const at = `${wanted.address}:${wanted.port}`;
  if (only) {
    return { kind: 'ambiguous', why: `${agreeing.length} containers are ${wanted.id} at ${at}: ${names(agreeing)}` };
  }
  return { kind: 'none', why: `labelled ${wanted.id}, but not at ${at}: ${names(candidates)}` };
};

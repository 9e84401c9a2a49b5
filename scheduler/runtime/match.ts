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
 *
 * One that was made to take another's place (it says whose) stands for it once the other is stopped and it was started itself.
 * Until then it is nobody, unless both run: then the registered address decides. Of a pair in which the old one is stopped no
 * address is asked: the old one has none any more, and the new one's may not be registered yet.
 */
import type { CatalogEntry } from '../model.js';

export interface Container {
  readonly id: string;
  readonly label: string;
  readonly running: boolean;
  /** Ever, and not only created. */
  readonly wasStarted: boolean;
  /** Id of the container whose place it takes; null: it is nobody's successor. */
  readonly replaces: string | null;
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

const agreesItself = (each: Container, wanted: Wanted, isOwn: (address: string) => boolean): boolean =>
  byHostNetwork(each, wanted, isOwn) ||
  byPublishedPort(each, wanted, isOwn) ||
  byOwnAddress(each, wanted) ||
  byExposedPort(each, wanted);

interface Settled {
  readonly standing: readonly Container[];
  /** Known by the other of the pair: it was the instance when that was made, or was made to be it. */
  readonly known: ReadonlySet<string>;
}

/** Of an old one and its successor only one is meant, unless both run. */
const settle = (candidates: readonly Container[]): Settled => {
  const byId = new Map(candidates.map((each) => [each.id, each]));
  const gone = new Set<string>();
  const known = new Set<string>();
  for (const next of candidates) {
    const old = next.replaces === null ? undefined : byId.get(next.replaces);
    if (!old || old === next || (old.running && next.running)) continue;
    const isInPlace = next.wasStarted && !old.running;
    gone.add(isInPlace ? old.id : next.id);
    if (!old.running) known.add(isInPlace ? next.id : old.id);
  }
  return { standing: candidates.filter(({ id }) => !gone.has(id)), known };
};

export const matchContainer = (
  wanted: Wanted,
  containers: readonly Container[],
  isOwn: (address: string) => boolean,
): Match => {
  const candidates = containers.filter(({ label }) => isCandidate(label, wanted));
  if (candidates.length === 0) return { kind: 'none', why: `no container here has the label value ${wanted.id}` };
  const { standing, known } = settle(candidates);
  const agreeing = standing.filter((each) => known.has(each.id) || agreesItself(each, wanted, isOwn));
  const [only, another] = agreeing;
  if (only && !another) return { kind: 'one', id: only.id };
  const names = (some: readonly Container[]): string => some.map(({ id }) => id.slice(0, 12)).join(', ');
  const at = `${wanted.address}:${wanted.port}`;
  if (only) {
    return { kind: 'ambiguous', why: `${agreeing.length} containers are ${wanted.id} at ${at}: ${names(agreeing)}` };
  }
  return { kind: 'none', why: `labelled ${wanted.id}, but not at ${at}: ${names(candidates)}` };
};

import { isIP } from 'node:net';
import { z } from 'zod';

export const checkStatuses = ['passing', 'warning', 'critical'] as const;

/** One check of an instance, or of the node that it is on. */
export interface HealthCheck {
  readonly id: string;
  readonly name: string;
  readonly scope: 'node' | 'service';
  readonly status: (typeof checkStatuses)[number];
}

/** One instance of a service in Consul's catalog, with nothing in it that could break a URL, a file name or a template. */
export interface HealthEntry {
  readonly serviceId: string;
  readonly service: string;
  readonly node: { readonly name: string; readonly address: string };
  /** Empty where the agent did not say. */
  readonly datacenter: string;
  /** The service's own address, or its node's: IPv4, IPv6 or a host name. */
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** The worst of its checks and its node's; `maintenance` comes before all. */
  readonly status: 'passing' | 'warning' | 'critical' | 'maintenance';
  /** Why it is not passing: the checks that are bad, or who or what is in maintenance and what was said of it; else empty. */
  readonly why: string;
  /** By scope and id. What a check prints is left out: it changes all the time. */
  readonly checks: readonly HealthCheck[];
  readonly modifyIndex: number;
}

export interface DroppedEntry {
  /** Id and node as registered, quoted and cut, fit for a log. */
  readonly name: string;
  readonly why: string;
}

export interface HealthList {
  readonly entries: readonly HealthEntry[];
  readonly dropped: readonly DroppedEntry[];
}

const serviceName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
/** Consul's own rule, and a little room. */
export const datacenterName = /^[A-Za-z0-9_-]{1,63}$/;
const serviceId = /^[A-Za-z0-9_](?:[A-Za-z0-9._:@-]{0,253}[A-Za-z0-9])?$/;
/** Docker and Compose make names with underscores; they resolve and are harmless. */
const hostLabel = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** No control characters, and no line breaks of Unicode's own. */
const plainText = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u;

/** IPv4, IPv6 without a zone, or a host name whose last label is not a number (that would be a broken IPv4 address). */
export const isAddress = (text: string): boolean => {
  if (isIP(text) !== 0) return !text.includes('%');
  const labels = text.split('.');
  return text.length <= 253 && labels.every((label) => hostLabel.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
};

const address = z.string().refine(isAddress, 'is neither an IP address nor a host name');
const text = (limit: number) => z.string().max(limit).regex(plainText, 'holds control characters');

/** Of a check only its status is a must: names are cleaned and cut, not refused. */
const words = z.string().transform((value) => value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 128));
const rawCheck = z.object({
  CheckID: words,
  Name: words.nullish(),
  Status: z.enum(checkStatuses),
  Notes: words.nullish(),
  ServiceID: z.string().nullish(),
});

const rawEntry = z.object({
  Node: z.object({
    Node: z.string().regex(serviceId, 'is no safe node name'),
    Address: address,
    Datacenter: z.union([z.literal(''), z.string().regex(datacenterName, 'is no safe datacenter name')]).nullish(),
  }),
  Service: z.object({
    ID: z.string().regex(serviceId, 'is no safe service id'),
    Service: z.string().regex(serviceName, 'is no safe service name'),
    Address: z.union([z.literal(''), address]).optional(),
    Port: z.number().int().min(1).max(65_535),
    Tags: z.array(text(4_096)).nullish(),
    Meta: z.record(text(128), text(4_096)).nullish(),
    ModifyIndex: z.number().optional(),
  }),
  Checks: z.array(rawCheck).nullish(),
});

type RawCheck = z.infer<typeof rawCheck>;

const nodeMaintenance = '_node_maintenance';
const isMaintenance = ({ CheckID, Status }: RawCheck): boolean =>
  Status === 'critical' && (CheckID === nodeMaintenance || CheckID.startsWith('_service_maintenance:'));

const statusOf = (checks: readonly RawCheck[]): Pick<HealthEntry, 'status' | 'why'> => {
  const closed = checks.find(isMaintenance);
  if (closed) {
    const what = closed.CheckID === nodeMaintenance ? 'its node is in maintenance' : 'it is in maintenance';
    return { status: 'maintenance', why: closed.Notes ? `${what}: ${closed.Notes}` : what };
  }
  const status = (['critical', 'warning'] as const).find((bad) => checks.some(({ Status }) => Status === bad));
  const names = checks.filter(({ Status }) => Status === status).map(({ CheckID, Name }) => Name || CheckID);
  return { status: status ?? 'passing', why: names.sort().slice(0, 3).join(', ') };
};

const toCheck = ({ CheckID, Name, Status, ServiceID }: RawCheck): HealthCheck => ({
  id: CheckID,
  name: Name ?? '',
  scope: ServiceID ? 'service' : 'node',
  status: Status,
});

const byScopeAndId = (a: HealthCheck, b: HealthCheck): number =>
  a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : a.id < b.id ? -1 : 1;

type Node = HealthEntry['node'];

/** Many instances are on few nodes: each node is one object of a list. */
class Nodes {
  readonly #byName = new Map<string, Node>();

  of(name: string, address: string): Node {
    const known = this.#byName.get(name);
    if (known?.address === address) return known;
    const node = { name, address };
    this.#byName.set(name, node);
    return node;
  }
}

const noTags: readonly string[] = [];
const noMeta: Readonly<Record<string, string>> = {};
const isEmpty = (meta: object): boolean => Object.keys(meta).length === 0;

const toEntry = ({ Node, Service, Checks }: z.infer<typeof rawEntry>, nodes: Nodes): HealthEntry => ({
  serviceId: Service.ID,
  service: Service.Service,
  node: nodes.of(Node.Node, Node.Address),
  datacenter: Node.Datacenter ?? '',
  address: Service.Address || Node.Address,
  port: Service.Port,
  tags: Service.Tags?.length ? Service.Tags : noTags,
  meta: !Service.Meta || isEmpty(Service.Meta) ? noMeta : Service.Meta,
  ...statusOf(Checks ?? []),
  checks: (Checks ?? []).map(toCheck).sort(byScopeAndId),
  modifyIndex: Service.ModifyIndex ?? 0,
});

const named = z.object({ Node: z.object({ Node: z.string() }), Service: z.object({ ID: z.string() }) });

const quoted = (value: string): string => JSON.stringify(value.slice(0, 80));
const printable = (key: PropertyKey): string => (/^\w+$/.test(String(key)) ? String(key) : quoted(String(key)));

const nameOf = (raw: unknown): string => {
  const known = named.safeParse(raw);
  if (!known.success) return 'an entry without a name';
  return `${quoted(known.data.Service.ID)} on ${quoted(known.data.Node.Node)}`;
};

const whyNot = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(printable).join('.')}: ${message}`)
    .join('; ');

const byIdentity = (a: HealthEntry, b: HealthEntry): number =>
  a.serviceId < b.serviceId ? -1 : a.serviceId > b.serviceId ? 1 : a.node.name < b.node.name ? -1 : 1;

/** Reads an answer of `/v1/health/service`, as a whole or in parts. */
export class HealthReader {
  readonly #entries: HealthEntry[] = [];
  readonly #dropped: DroppedEntry[] = [];
  readonly #nodes = new Nodes();

  /** Throws if it is no list. */
  add(part: unknown): void {
    for (const raw of z.array(z.unknown()).parse(part)) {
      const parsed = rawEntry.safeParse(raw);
      if (parsed.success) this.#entries.push(toEntry(parsed.data, this.#nodes));
      else this.#dropped.push({ name: nameOf(raw), why: whyNot(parsed.error) });
    }
  }

  /** Sorted, so that the same catalog gives the same list. */
  finish(): HealthList {
    return { entries: this.#entries.sort(byIdentity), dropped: this.#dropped };
  }
}

/**
 * A whole answer that is parsed already. What is not as it should be is left out and named; one bad registration never hides
 * the good ones. Throws only if the answer is no list at all.
 */
export const parseHealth = (body: unknown): HealthList => {
  const reader = new HealthReader();
  reader.add(body);
  return reader.finish();
};

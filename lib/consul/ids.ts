interface Registered {
  readonly serviceId: string;
  readonly node: { readonly name: string };
  readonly datacenter: string;
}

/**
 * One id per registered instance, unique within its service: Consul's service id, which is unique on a node only; where
 * two nodes registered the same one, each of those becomes `id@node`. A service of several datacenters (`spread`) has the
 * datacenter at the end of every id, so that none changes its name when another datacenter comes or goes. Order is kept.
 */
export const uniqueIds = (entries: readonly Registered[], spread = false): string[] => {
  const end = ({ datacenter }: Registered): string => (spread ? `@${datacenter}` : '');
  const seen = new Map<string, number>();
  const count = (id: string): void => void seen.set(id, (seen.get(id) ?? 0) + 1);
  for (const entry of entries) count(`${entry.serviceId}${end(entry)}`);
  return entries.map((entry) => {
    const id = `${entry.serviceId}${end(entry)}`;
    return (seen.get(id) ?? 0) > 1 ? `${entry.serviceId}@${entry.node.name}${end(entry)}` : id;
  });
};

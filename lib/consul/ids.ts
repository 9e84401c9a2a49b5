/**
 * One id per registered instance, unique within its service: Consul's service id, which is unique on a node only; where
 * two nodes registered the same one, each of those becomes `id@node`. Order is kept.
 */
export const uniqueIds = (
  entries: readonly { readonly serviceId: string; readonly node: { readonly name: string } }[],
): string[] => {
  const seen = new Map<string, number>();
  for (const { serviceId } of entries) seen.set(serviceId, (seen.get(serviceId) ?? 0) + 1);
  return entries.map(({ serviceId, node }) =>
    (seen.get(serviceId) ?? 0) > 1 ? `${serviceId}@${node.name}` : serviceId,
  );
};

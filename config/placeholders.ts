/** `{{name}}` in texts of a service file. */
const placeholders = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** What stands for one instance in a label's value. `meta.NAME` is of its registration in Consul. */
export const instancePlaceholders = [
  'instance.address',
  'instance.port',
  'instance.id',
  'node.address',
  'node.name',
  'service',
  'datacenter',
  'meta.NAME',
] as const;

const isKnown = (name: string, known: readonly string[]): boolean =>
  known.includes(name) || (known.includes('meta.NAME') && /^meta\.[A-Za-z0-9_-]+$/.test(name));

export const unknownPlaceholders = (text: string, known: readonly string[]): readonly string[] =>
  [...text.matchAll(placeholders)].map(([, name = '']) => name).filter((name) => !isKnown(name, known));

/** The text with every placeholder replaced, and the names that have no value. */
export const fillPlaceholders = (
  text: string,
  valueOf: (name: string) => string | undefined,
): { readonly text: string; readonly missing: readonly string[] } => {
  const missing: string[] = [];
  const filled = text.replaceAll(placeholders, (_, name: string) => {
    const value = valueOf(name);
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
  return { text: filled, missing };
};

import { createHash } from 'node:crypto';

/** JSON with sorted keys: equal values have equal text, however they were put together. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`);
  return `{${fields.join(',')}}`;
};

/** SHA-256 of the canonical form, in hex. */
export const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

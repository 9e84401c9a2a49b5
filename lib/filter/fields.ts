/** What a filter may ask about: the fields of a wire type, read off its schema. */
import { z } from 'zod';
import { isoTime } from '../time.js';

export interface Field {
  /** `up.state`; through a list of objects it is the list of what they hold: `causes.name`. */
  readonly path: string;
  /** `other`: something that only can be empty or not. */
  readonly kind: 'text' | 'number' | 'flag' | 'time' | 'other';
  readonly isList: boolean;
  /** All that the text may be; null: anything. */
  readonly choices: readonly string[] | null;
}

/** Fields by path. */
export type Fields = ReadonlyMap<string, Field>;

const bare = (schema: unknown): unknown =>
  schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? bare(schema.def.innerType) : schema;

const choicesOf = (schema: unknown): readonly string[] | null =>
  schema instanceof z.ZodEnum ? schema.options.map(String) : null;

const kindOf = (schema: unknown): Field['kind'] => {
  if (schema === isoTime) return 'time';
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodString || schema instanceof z.ZodLiteral) return 'text';
  if (schema instanceof z.ZodNumber) return 'number';
  return schema instanceof z.ZodBoolean ? 'flag' : 'other';
};

const within = (schema: unknown, path: string, isList: boolean): readonly Field[] => {
  const own = bare(schema);
  if (own instanceof z.ZodArray) return within(own.def.element, path, true);
  const self: Field = { path, kind: kindOf(own), isList, choices: choicesOf(own) };
  if (!(own instanceof z.ZodObject)) return [self];
  const inner = Object.entries(own.shape).flatMap(([name, part]) =>
    within(part, path === '' ? name : `${path}.${name}`, isList),
  );
  return path === '' ? inner : [self, ...inner];
};

/** Every field of an object's schema. Records have no fields: what they hold is not known beforehand. */
export const fieldsOf = (schema: z.ZodObject): Fields =>
  new Map(within(schema, '', false).map((field) => [field.path, field]));

/** What stands at the path; of a list, everything that stands there in any of its elements. */
export const valuesAt = (value: unknown, keys: readonly string[]): readonly unknown[] => {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => valuesAt(each, keys));
  const [key, ...rest] = keys;
  if (key === undefined) return value === null || value === undefined ? [] : [value];
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? valuesAt(Reflect.get(value, key), rest)
    : [];
};

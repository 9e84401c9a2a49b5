/** One file at a time: its text, its YAML, its schema. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { readYaml } from './document.js';
import type { YamlFile } from './document.js';
import type { Environment } from './environment.js';
import { findingsOf } from './problems.js';
import type { KeyPath, Problem } from './problems.js';

export interface Part<T> {
  readonly value: T | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** About a file or folder as a whole. */
export const unreadable = (file: string, message: string, hint: string): Problem => ({
  file,
  line: 0,
  column: 0,
  path: '',
  message,
  hint,
});

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A file larger than this is no configuration. */
const largest = 2 ** 20;

export const readText = (file: string): { text: string } | { wrong: string } => {
  try {
    const bytes = readFileSync(file);
    return bytes.length > largest ? { wrong: `is larger than ${largest} bytes` } : { text: utf8.decode(bytes) };
  } catch (cause) {
    if (cause instanceof TypeError) return { wrong: 'is no text: it is not valid UTF-8' };
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return { wrong: code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}` };
  }
};

const samePlace = (a: Problem, b: Problem): boolean => a.line === b.line && a.column === b.column;

/** By place; without what only follows from an earlier problem of the same value (`cause`). */
export const inOrder = (problems: readonly Problem[], causes: readonly Problem[] = []): readonly Problem[] =>
  [...causes, ...problems.filter((problem) => !causes.some((cause) => samePlace(cause, problem)))].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );

export interface Parsed<T> extends Part<T> {
  readonly yaml: YamlFile;
  /** What is left where some of it is wrong: good enough to look for what else is. Null: nothing. */
  readonly rest: T | null;
  /** What was taken out of the rest. */
  readonly wrong: readonly KeyPath[];
}

/** YAML and schema; `value` is null when anything is wrong. */
export const parse = <T>(schema: z.ZodType<T>, file: string, text: string, env: Environment): Parsed<T> => {
  const yaml = readYaml(file, text, env);
  const nothing = { value: null, warnings: [], rest: null, wrong: [] };
  if (yaml.broken) return { ...nothing, yaml, problems: yaml.problems };
  const parsed = schema.safeParse(yaml.value);
  if (parsed.success && yaml.problems.length === 0) return { ...nothing, yaml, value: parsed.data, problems: [] };
  if (parsed.success) return { ...nothing, yaml, problems: yaml.problems };
  const findings = findingsOf(schema, parsed.error.issues);
  const wrong = findings.map(({ path }) => path);
  const rest = schema.safeParse(without(yaml.value, wrong));
  const problems = inOrder(findings.map(yaml.place), yaml.problems);
  return { ...nothing, yaml, problems, rest: rest.success ? rest.data : null, wrong };
};

/** A copy without the values at these places. */
const without = (value: unknown, paths: readonly KeyPath[]): unknown => {
  const copy: unknown = structuredClone(value);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>(childOf, copy);
    const key = path.at(-1);
    if (typeof parent === 'object' && parent !== null && key !== undefined) Reflect.deleteProperty(parent, key);
  }
  return copy;
};

const childOf = (parent: unknown, key: string | number): unknown =>
  typeof parent === 'object' && parent !== null ? Object.getOwnPropertyDescriptor(parent, key)?.value : undefined;

/** YAML files of a folder by name, without hidden ones, which are an editor's or half written; none where there is no folder. */
export const filesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
};

/** One file at a time: its text, its YAML, its schema. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { readYaml } from './document.js';
import type { YamlFile } from './document.js';
import type { Environment } from './environment.js';
import { findingsOf } from './problems.js';
import type { Problem } from './problems.js';

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

/** A file larger than this is no configuration. */
const largest = 2 ** 20;

export const readText = (file: string): { text: string } | { wrong: string } => {
  try {
    const bytes = readFileSync(file);
    return bytes.length > largest ? { wrong: `is larger than ${largest} bytes` } : { text: bytes.toString('utf8') };
  } catch (cause) {
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

/** YAML and schema; `value` is null when anything is wrong. */
export const parse = <T>(
  schema: z.ZodType<T>,
  file: string,
  text: string,
  env: Environment,
): Part<T> & { yaml: YamlFile } => {
  const yaml = readYaml(file, text, env);
  if (yaml.broken) return { yaml, value: null, problems: yaml.problems, warnings: [] };
  const parsed = schema.safeParse(yaml.value);
  const findings = parsed.success ? [] : findingsOf(schema, parsed.error.issues).map(yaml.place);
  const problems = inOrder(findings, yaml.problems);
  return { yaml, value: parsed.success && problems.length === 0 ? parsed.data : null, problems, warnings: [] };
};

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

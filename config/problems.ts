/** What is wrong with a file, where, and what to do. Problems are collected, never thrown: all are told at once. */
import type { z } from 'zod';
import { didYouMean } from '../lib/spelling.js';
import { notYet } from './planned.js';

export interface Problem {
  readonly file: string;
  /** From 1; 0 when the file could not be read. */
  readonly line: number;
  readonly column: number;
  /** Where in the file, by keys: `metrics.cpu.good`. */
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
}

export type KeyPath = readonly (string | number)[];

/** What is wrong at a place that is known by its keys. */
export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
  readonly hint: string | null;
  /** The key itself is wrong, not its value. */
  readonly atKey?: boolean;
}

export const finding = (path: KeyPath, message: string, hint: string | null = null): Finding => ({
  path,
  message,
  hint,
});

/** `config/services/checkout.yaml:12:5: metrics.cpu.good: expected … (hint)` */
export const formatProblem = ({ file, line, column, path, message, hint }: Problem): string =>
  [line > 0 ? `${file}:${line}:${column}` : file, ...(path === '' ? [] : [path]), message].join(': ') +
  (hint === null ? '' : ` (${hint})`);

type Shape = Readonly<Record<string, unknown>>;
interface Definition {
  readonly shape?: Shape;
  readonly innerType?: unknown;
  readonly in?: unknown;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
}

const definitionOf = (schema: unknown): Definition =>
  typeof schema === 'object' && schema !== null && 'def' in schema ? (schema.def as Definition) : {};

/** The keys that a schema knows at a path; empty where it has none. */
const keysAt = (schema: unknown, path: KeyPath): readonly string[] => {
  const { shape, innerType, in: input, valueType, element, options } = definitionOf(schema);
  const inner = innerType ?? input;
  if (inner !== undefined) return keysAt(inner, path);
  if (options !== undefined) return options.flatMap((option) => keysAt(option, path));
  const [key, ...rest] = path;
  if (key === undefined) return shape === undefined ? [] : Object.keys(shape);
  const next = shape !== undefined ? shape[String(key)] : (valueType ?? element);
  return next === undefined ? [] : keysAt(next, rest);
};

const listed = (known: readonly string[]): string | null =>
  known.length > 0 ? `known here: ${known.join(', ')}` : null;

/** Sections in which a key has a meaning, by their dotted names. */
const sectionsWith = (schema: unknown, key: string, path: readonly string[] = []): readonly string[] => {
  const { shape, innerType, in: input, options } = definitionOf(schema);
  const inner = innerType ?? input;
  if (inner !== undefined) return sectionsWith(inner, key, path);
  if (options !== undefined) return options.flatMap((option) => sectionsWith(option, key, path));
  const here = shape !== undefined && path.length > 0 && Object.hasOwn(shape, key) ? [path.join('.')] : [];
  return [
    ...here,
    ...Object.entries(shape ?? {}).flatMap(([name, value]) => sectionsWith(value, key, [...path, name])),
  ];
};

/** A key that stands in the wrong section, where it is plain which one was meant. */
const elsewhere = (schema: unknown, key: string): string | null => {
  const sections = [...new Set(sectionsWith(schema, key))];
  return sections.length > 0 && sections.length <= 3 ? `it belongs into ${sections.join(' or ')}` : null;
};

const unknownKey = (schema: unknown, section: KeyPath, key: string): Finding => {
  const known = keysAt(schema, section);
  const planned = notYet([...section, key]);
  if (planned !== null) return { path: [...section, key], message: planned, hint: null, atKey: true };
  if (known.includes(key))
    return { path: [...section, key], message: `"${key}" does not go with the rest here`, hint: null, atKey: true };
  const meant = didYouMean(key, known) ?? elsewhere(schema, key) ?? listed(known);
  return { path: [...section, key], message: `unknown key "${key}"`, hint: meant, atKey: true };
};

type Issue = z.core.$ZodIssue;

/** Of a union that failed, the option that got furthest: the one whose complaint lies deepest. */
const deepest = (options: readonly (readonly Issue[])[]): readonly Issue[] =>
  options
    .filter((issues) => issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .sort((a, b) => Math.max(...b.map(({ path }) => path.length)) - Math.max(...a.map(({ path }) => path.length)))[0] ??
  [];

/** zod's issues as findings, with our words for unknown keys. */
export const findingsOf = (schema: unknown, issues: readonly Issue[], base: KeyPath = []): readonly Finding[] =>
  issues.flatMap((issue): readonly Finding[] => {
    const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(schema, path, key));
    if (issue.code === 'invalid_key') {
      return [
        {
          path,
          message: `"${String(path.at(-1))}" ${issue.issues[0]?.message ?? issue.message}`,
          hint: null,
          atKey: true,
        },
      ];
    }
    if (issue.code === 'invalid_union') {
      const inner = deepest(issue.errors);
      if (inner.length > 0) return findingsOf(schema, inner, path);
    }
    return [{ path, message: issue.message, hint: null }];
  });

/** A YAML file as a value, and where in its text each key stands. */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { Finding, KeyPath, Problem } from './problems.js';
import { interpolate } from './environment.js';
import type { Environment } from './environment.js';

export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** The text is no YAML: `value` is not to be used. */
  readonly broken: boolean;
  /** Syntax, and variables that are not set; these keep their text. */
  readonly problems: readonly Problem[];
  /** Places a finding; where its path does not exist in this file, at the nearest section around it. */
  readonly place: (found: Finding) => Problem;
}

const pairAt = (node: unknown, key: string | number): Pair | Node | null => {
  if (isMap(node)) return node.items.find(({ key: k }) => String(isScalar(k) ? k.value : k) === String(key)) ?? null;
  const item = isSeq(node) ? node.items[Number(key)] : null;
  return isNode(item) ? item : null;
};

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);

/** Offset of the deepest part of the path that exists. */
const offsetOf = (document: Document, path: KeyPath, atKey: boolean): number => {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [depth, key] of path.entries()) {
    const found = pairAt(node, key);
    if (found === null) return offset;
    const last = depth === path.length - 1;
    const keyOffset = isPair(found) ? startOf(found.key) : startOf(found);
    node = isPair(found) ? found.value : found;
    const valueOffset = last && !atKey && !isMap(node) && !isSeq(node) ? startOf(node) : null;
    offset = valueOffset ?? keyOffset ?? offset;
  }
  return offset;
};

/** Replaces `${NAME}` in values. A plain scalar is read anew, so that `port: ${PORT}` is a number. */
const substitute = (document: Document, env: Environment): { offset: number; message: string; hint: string }[] => {
  const missing: { offset: number; message: string; hint: string }[] = [];
  visit(document, {
    Scalar: (position, node) => {
      if (position === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const { text, unset } = interpolate(node.value, env);
      for (const name of unset) {
        missing.push({
          offset: node.range?.[0] ?? 0,
          message: `environment variable ${name} is not set`,
          hint: `set it, or write a default: \${${name}:-value}`,
        });
      }
      if (unset.length === 0) node.value = node.type === Scalar.PLAIN ? plainValue(text) : text;
    },
  });
  return missing;
};

const plainValue = (text: string): unknown =>
  text === 'true' ? true : text === 'false' ? false : /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;

/** Where one bracket is missing a parser may complain of every line that follows. */
const shownFaults = 20;

const faultWords: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  DUPLICATE_KEY: ['this key is written twice', 'keep one'],
  MULTIPLE_DOCS: ['another document begins here', 'one file, one document: write it into a file of its own'],
};

const distinct = <T extends { readonly pos: readonly number[]; readonly message: string }>(
  faults: readonly T[],
): T[] => [...new Map(faults.map((fault) => [`${fault.pos[0]} ${fault.message}`, fault])).values()];

/** Aliases are followed only here: one without an anchor, or a bomb of them, comes out as words. */
const valueOf = (document: Document): { value: unknown } | { wrong: string } => {
  try {
    return { value: document.toJS() as unknown };
  } catch (cause) {
    return { wrong: cause instanceof Error ? cause.message : String(cause) };
  }
};

/** Reads text as one YAML document; never throws. */
export const readYaml = (file: string, text: string, env: Environment): YamlFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number, path: string, message: string, hint: string | null): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path, message, hint };
  };
  const faults = distinct([...document.errors, ...document.warnings]);
  const unset = faults.length > 0 ? [] : substitute(document, env);
  const read = faults.length > 0 ? { value: null } : valueOf(document);
  return {
    file,
    broken: faults.length > 0 || 'wrong' in read,
    value: 'value' in read ? read.value : null,
    problems: [
      ...faults.slice(0, shownFaults).map(({ pos, code, message }) => {
        const [what, hint] = faultWords[code] ?? [
          `this is no YAML: ${message}`,
          'check indentation, brackets and quotes',
        ];
        return at(pos[0], '', what, hint);
      }),
      ...('wrong' in read ? [at(0, '', `this is no YAML: ${read.wrong}`, 'write the value where it is used')] : []),
      ...unset.map(({ offset, message, hint }) => at(offset, '', message, hint)),
    ],
    place: ({ path, message, hint, atKey }) =>
      at(offsetOf(document, path, atKey ?? false), path.join('.'), message, hint),
  };
};

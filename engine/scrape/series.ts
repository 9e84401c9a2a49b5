import type { Labels } from '../model.js';
import { trimBlanks } from './blank.js';

export type SeriesText =
  { readonly ok: true; readonly name: string; readonly labels: Labels } | { readonly ok: false; readonly why: string };

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelPattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const fail = (why: string): SeriesText => ({ ok: false, why });

/**
 * Reads `name{label="value",...}`; Prometheus's newer form `{"any name", label="value"}` too. An empty label is the same as
 * none, and is left out unless `keepEmpty`.
 */
export const readSeries = (bytes: Uint8Array, keepEmpty = false): SeriesText => {
  let text: string;
  try {
    text = trimBlanks(utf8.decode(bytes));
  } catch {
    return fail('is not valid UTF-8');
  }
  const brace = text.indexOf('{');
  if (brace < 0) return finish(text, [], keepEmpty);
  const name = trimBlanks(text.slice(0, brace));
  const pairs = readPairs(text.slice(brace));
  return typeof pairs === 'string' ? fail(pairs) : finish(name, pairs, keepEmpty);
};

type Pair = readonly [label: string | null, value: string, quoted: boolean];

/**
 * A pair without a label is a quoted metric name. Like Prometheus, this needs no comma between labels; it takes one after the
 * last. Returns the pairs, or what is wrong with them.
 */
const readPairs = (text: string): readonly Pair[] | string => {
  const pair = /[ \t]*(?:([^\s"=,{}]+|"(?:[^"\\]|\\.)*")[ \t]*(=)[ \t]*)?("(?:[^"\\]|\\.)*")?[ \t]*([,}]?)/sy;
  const pairs: Pair[] = [];
  pair.lastIndex = 1;
  for (;;) {
    const from = pair.lastIndex;
    const [, label, equals, value, delimiter] = pair.exec(text) ?? [];
    if (value === undefined && delimiter === '') return `has a broken label at "${text.slice(from, from + 20)}"`;
    if (value === undefined && (equals !== undefined || delimiter === ',')) return 'has a label without a value';
    if (value !== undefined && label === undefined && delimiter === '') return 'has a label without a value';
    if (value !== undefined)
      pairs.push([label === undefined ? null : unquote(label), unquote(value), label?.startsWith('"') === true]);
    if (delimiter === '}') return pair.lastIndex === text.length ? pairs : 'goes on after its labels';
  }
};

const unquote = (text: string): string =>
  text.startsWith('"')
    ? text.slice(1, -1).replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    : text;

const finish = (bareName: string, pairs: readonly Pair[], keepEmpty: boolean): SeriesText => {
  let name = bareName;
  const labels: Record<string, string> = {};
  const seen = new Set<string>();
  for (const [label, value, quoted] of pairs) {
    if (label === null) {
      if (name !== '' || value === '') return fail('has more or less than one metric name');
      name = value;
    } else if (quoted ? label === '' : !labelPattern.test(label)) return fail(`has a label called "${label}"`);
    else if (label === '__name__' || seen.has(label)) return fail(`has label ${label} twice`);
    else if (value !== '' || keepEmpty)
      Object.defineProperty(labels, label, { value, enumerable: true, writable: true });
    if (label !== null) seen.add(label);
  }
  if (bareName === '' ? name === '' : !namePattern.test(name)) return fail(`has no valid metric name`);
  return { ok: true, name, labels };
};

/** One text for each series, whatever the order of its labels on the page, and whichever of them are empty. */
export const canonical = (name: string, labels: Labels): string =>
  JSON.stringify([
    name,
    ...Object.keys(labels)
      .filter((label) => labels[label] !== '')
      .sort()
      .flatMap((label) => [label, labels[label]]),
  ]);

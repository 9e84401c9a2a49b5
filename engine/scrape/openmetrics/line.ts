/**
 * Lines of OpenMetrics 1.0: one space between words and nowhere else. Names in quotes, which Prometheus 3 allows, are read
 * as well: `{"a name",label="x"} 1`, `# TYPE "a name" gauge`.
 */
import type { Labels } from '../../model.js';
import { readValue } from '../value.js';

export const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const pairPattern = /(?:([a-zA-Z_][a-zA-Z0-9_]*)|("(?:[^"\\]|\\.)*"))(?:="((?:[^"\\]|\\.)*)")?([,}])/sy;

export interface Labelled {
  /** A quoted name among the labels. */
  readonly name: string | null;
  readonly labels: Labels;
  /** Names and values together, in characters. */
  readonly length: number;
  /** First character after the brace. */
  readonly end: number;
}

export const unescape = (text: string): string =>
  text.includes('\\') ? text.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)) : text;

const charactersIn = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

/** The labels whose brace opens before `from`; or what is wrong with them. */
export const readLabels = (text: string, from: number, keepEmpty = false): Labelled | string => {
  if (text[from] === '}') return { name: null, labels: {}, length: 0, end: from + 1 };
  const labels: Record<string, string> = {};
  const seen = new Set<string>();
  let name: string | null = null;
  let length = 0;
  for (let at = from; ; at = pairPattern.lastIndex) {
    pairPattern.lastIndex = at;
    const match = pairPattern.exec(text);
    if (!match) return `has a broken label at "${text.slice(at, at + 20)}"`;
    const [, bare, quoted, written, delimiter] = match;
    const label = bare ?? unescape((quoted ?? '').slice(1, -1));
    if (written === undefined && (bare !== undefined || name !== null || label === ''))
      return `has label ${label} without a value`;
    if (written === undefined) name = label;
    else if (label === '__name__' || label === '' || seen.has(label)) return `has label ${label} twice`;
    else {
      const value = unescape(written);
      seen.add(label);
      length += charactersIn(label) + charactersIn(value);
      // An empty label is the same as none.
      if (value !== '' || keepEmpty) Object.defineProperty(labels, label, { value, enumerable: true, writable: true });
    }
    if (delimiter === '}') return { name, labels, length, end: pairPattern.lastIndex };
  }
};

export interface SeriesLine {
  readonly name: string;
  readonly labels: Labels;
}

/** Reads `name`, `name{label="value"}` or `{"name",label="value"}`, up to its end. */
export const readStrictSeries = (text: string, keepEmpty = false): SeriesLine | string => {
  const brace = text.indexOf('{');
  const bare = brace < 0 ? text : text.slice(0, brace);
  if (bare !== '' && !namePattern.test(bare)) return `has "${bare.slice(0, 40)}" for a metric name`;
  if (brace < 0) return bare === '' ? 'has no metric name' : { name: bare, labels: {} };
  const read = readLabels(text, brace + 1, keepEmpty);
  if (typeof read === 'string') return read;
  if (read.end !== text.length) return 'goes on after its labels';
  if ((bare === '') !== (read.name !== null)) return 'has more or less than one metric name';
  return { name: read.name ?? bare, labels: read.labels };
};

export interface Rest {
  readonly value: number;
  /** Seconds. */
  readonly timestamp: number | null;
  readonly exemplar: boolean;
}

const exemplarLimit = 128;

/** What follows a series on its line: value, timestamp and exemplar, each after one space; or what is wrong with it. */
export const readRest = (text: string): Rest | string => {
  const hash = text.indexOf(' # ');
  const words = readNumbers(hash < 0 ? text : text.slice(0, hash), '');
  if (typeof words === 'string') return words;
  if (hash < 0) return { ...words, exemplar: false };
  const why = exemplarProblem(text, hash + 3);
  return why ?? { ...words, exemplar: true };
};

const exemplarProblem = (text: string, at: number): string | null => {
  if (text[at] !== '{') return 'has an exemplar without labels';
  const labels = readLabels(text, at + 1);
  if (typeof labels === 'string') return `in its exemplar ${labels}`;
  if (labels.name !== null) return 'has a label without a value in its exemplar';
  if (labels.length > exemplarLimit) return `has an exemplar with labels of more than ${exemplarLimit} characters`;
  const words = readNumbers(text.slice(labels.end), ' of its exemplar');
  return typeof words === 'string' ? words : null;
};

/** ` value` or ` value timestamp`. */
const readNumbers = (text: string, whose: string): { value: number; timestamp: number | null } | string => {
  const [before, first, second, ...more] = text.split(' ');
  if (first === undefined || before !== '') return `has no value${whose} after a space`;
  const value = readValue(first);
  if (value === undefined) return `has "${first.slice(0, 40)}" for the value${whose}`;
  if (second === undefined) return { value, timestamp: null };
  const timestamp = readValue(second);
  if (timestamp === undefined || !Number.isFinite(timestamp) || more.length > 0)
    return `has "${[second, ...more].join(' ').slice(0, 40)}" for the timestamp${whose}`;
  return { value, timestamp };
};

export interface Metadata {
  readonly kind: 'HELP' | 'TYPE' | 'UNIT';
  readonly name: string;
  readonly text: string;
}

const metadataPattern = /^# (HELP|TYPE|UNIT) (?:([a-zA-Z_:][a-zA-Z0-9_:]*)|("(?:[^"\\]|\\.)+")) (.*)$/s;

/** `# TYPE name text`; null: it is none of these lines. */
export const readMetadata = (line: string): Metadata | null => {
  const match = metadataPattern.exec(line);
  if (!match) return null;
  const [, kind, bare, quoted = '', text = ''] = match;
  if (kind !== 'HELP' && kind !== 'TYPE' && kind !== 'UNIT') return null;
  return { kind, name: bare ?? unescape(quoted.slice(1, -1)), text };
};

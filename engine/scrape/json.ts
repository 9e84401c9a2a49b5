/**
 * JSON pages: each number in the tree is a sample, named by the keys on the way to it, joined by `_`; places in lists count
 * from 0. Characters that no metric name may have become `_`. Texts, booleans and nulls are no numbers and are left alone.
 */
import type { Sample, SeriesFilter } from '../model.js';

const depthLimit = 32;
const leafLimit = 100_000;
const nameLimit = 1024;
const problemLimit = 20;

export type JsonPage =
  | { readonly ok: true; readonly samples: readonly Sample[]; readonly problems: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** A part of a name: `http.requests` is `http_requests`. */
export const nameOfKey = (key: string): string => key.replace(/[^a-zA-Z0-9_:]/gu, '_');

class Walk {
  readonly samples: Sample[] = [];
  readonly problems: string[] = [];
  readonly #seen = new Set<string>();
  #leaves = 0;

  constructor(private readonly filter: SeriesFilter) {}

  value(value: unknown, name: string, depth: number): void {
    if (typeof value === 'number') return this.#number(value, name);
    if (typeof value !== 'object' || value === null) return;
    if (depth >= depthLimit) return this.#problem(`${shown(name)} is nested deeper than ${depthLimit} levels`);
    // Object.keys of a list are its places.
    for (const [key, each] of Object.entries(value)) {
      if (this.#leaves > leafLimit) return;
      this.value(each, name === '' ? nameOfKey(key) : `${name}_${nameOfKey(key)}`, depth + 1);
    }
  }

  #number(value: number, path: string): void {
    if (++this.#leaves > leafLimit) return this.#problem(`there are more than ${leafLimit} numbers`);
    const name = /^\d/.test(path) ? `_${path}` : path;
    if (name.length > nameLimit) return this.#problem(`${shown(name)} is a name longer than ${nameLimit} characters`);
    const { open, names } = this.filter;
    if (!open && !names.has(name)) return;
    if (name === '') return this.#problem('a number stands without a key');
    if (!Number.isFinite(value)) return this.#problem(`${shown(name)} is larger than a number can be`);
    if (this.#seen.has(name)) return this.#problem(`${shown(name)} is the name of two numbers; the first counts`);
    this.#seen.add(name);
    if (this.filter.wants(name, {})) this.samples.push({ name, labels: {}, value, timestampMs: null });
  }

  #problem(why: string): void {
    if (this.problems.length < problemLimit) this.problems.push(why);
  }
}

const shown = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

export const parseJson = (page: Buffer, filter: SeriesFilter): JsonPage => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(page));
  } catch (error) {
    return { ok: false, why: `it is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}` };
  }
  if (typeof value !== 'object' || value === null)
    return { ok: false, why: 'it is JSON, but neither an object nor a list' };
  const walk = new Walk(filter);
  walk.value(value, '', 0);
  return { ok: true, samples: walk.samples, problems: walk.problems };
};

/** What of `ballast.yaml` can change while a service runs, and what has to wait for its next start. */
import { isDeepStrictEqual } from 'node:util';
import type { BallastConfig } from './policy.js';

export type Part = 'engine' | 'scheduler';

/** Sections that a service of ours looks at. */
const sections = { engine: ['consul', 'engine'], scheduler: ['consul', 'scheduler', 'gateway', 'docker'] } as const;

/** Read anew at every turn. Everything else in these sections is built in at the start. */
const live: ReadonlySet<string> = new Set([
  'scheduler.max_actions',
  'scheduler.max_concurrent',
  'scheduler.maintenance',
]);

/** `scrapeConcurrency` stands in the file as `scrape_concurrency`, `maxStaleMs` as `max_stale`. */
const written = (key: string): string =>
  key.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const keysThatDiffer = (section: string, running: unknown, next: unknown): readonly string[] => {
  if (isDeepStrictEqual(running, next)) return [];
  if (typeof running !== 'object' || typeof next !== 'object' || running === null || next === null) return [section];
  const [before, after] = [new Map(Object.entries(running)), new Map(Object.entries(next))];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => !isDeepStrictEqual(before.get(key), after.get(key)))
    .map((key) => `${section}.${written(key)}`);
};

/** Keys of the file, without their values (some are secrets), that differ from what a service was started with. */
export const needsRestart = (started: BallastConfig, next: BallastConfig, part: Part): readonly string[] =>
  sections[part]
    .flatMap((section) => keysThatDiffer(section, started[section], next[section]))
    .filter((key) => !live.has(key));

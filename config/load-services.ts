/** The folder of the service files: each by itself, and what must not be twice among them. */
import { join } from 'node:path';
import { readYaml } from './document.js';
import { loadPresets, loadService } from './load-service.js';
import type { ServiceOptions } from './load-service.js';
import type { ServicePolicy } from './policy.js';
import { finding } from './problems.js';
import type { Finding, Problem } from './problems.js';
import { filesIn, readText, unreadable } from './read.js';
import type { Part } from './read.js';
import type { Presets } from './resolve-service.js';

/** Texts in place of what files hold, by path; null: as if the file was not there. */
export type Overlay = ReadonlyMap<string, string | null>;

interface Known extends Part<ServicePolicy> {
  readonly text: string;
}

/** What the files came to when they were last read: one whose text is the same is the same policy, the very object. */
export class ServiceMemo {
  #presets: Presets | null = null;
  readonly #files = new Map<string, Known>();

  get presets(): Presets {
    return (this.#presets ??= loadPresets());
  }

  load(file: string, text: string, options: ServiceOptions): Known {
    const known = this.#files.get(file);
    if (known?.text === text) return known;
    const { value, problems, warnings } = loadService(file, text, this.presets, options);
    const fresh = { text, value, problems, warnings };
    this.#files.set(file, fresh);
    return fresh;
  }

  /** As it was last read; null: it was not. */
  text(file: string): string | null {
    return this.#files.get(file)?.text ?? null;
  }

  /** Forgets files that are gone. */
  retain(files: ReadonlySet<string>): void {
    for (const file of this.#files.keys()) if (!files.has(file)) this.#files.delete(file);
  }
}

/** A service, and an upstream, belongs to one file; the later file is told, with the name of the first. */
const clash = (policy: ServicePolicy, others: readonly ServicePolicy[]): readonly Finding[] => {
  const twice = others.find(({ service }) => service === policy.service);
  const upstream = policy.traffic?.upstream;
  const shared = others.find(({ traffic }) => upstream !== undefined && traffic?.upstream === upstream);
  return [
    ...(twice === undefined
      ? []
      : [finding(['service'], `"${policy.service}" is also defined in ${twice.file}`, 'keep one of the two files')]),
    ...(shared === undefined || shared === twice
      ? []
      : [
          finding(
            ['traffic', 'upstream'],
            `"${upstream ?? ''}" is also the upstream of ${shared.file}`,
            'one service, one upstream',
          ),
        ]),
  ];
};

const filesOf = (directory: string, overlay: Overlay): readonly string[] => {
  const named = [...overlay.keys()].filter((file) => join(file, '..') === directory);
  const all = new Set([...filesIn(directory), ...named]);
  return [...all].filter((file) => overlay.get(file) !== null).sort();
};

const textOf = (file: string, overlay: Overlay): ReturnType<typeof readText> => {
  const text = overlay.get(file);
  return typeof text === 'string' ? { text } : readText(file);
};

export const loadServices = (
  directory: string,
  options: ServiceOptions,
  memo: ServiceMemo,
  overlay: Overlay,
): Part<readonly ServicePolicy[]> => {
  const policies: ServicePolicy[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const files = filesOf(directory, overlay);
  for (const file of files) {
    const read = textOf(file, overlay);
    if ('wrong' in read) {
      problems.push(unreadable(file, read.wrong, 'make it readable, or move it away'));
      continue;
    }
    const part = overlay.has(file)
      ? loadService(file, read.text, memo.presets, options)
      : memo.load(file, read.text, options);
    problems.push(...part.problems);
    warnings.push(...part.warnings);
    if (part.value === null) continue;
    const clashes = clash(part.value, policies);
    if (clashes.length > 0) problems.push(...clashes.map(readYaml(file, read.text, options.env).place));
    policies.push(part.value);
  }
  if (overlay.size === 0) memo.retain(new Set(files));
  if (policies.length === 0 && problems.length === 0) {
    warnings.push(unreadable(directory, 'holds no service file yet', 'copy services/checkout.yaml.example to begin'));
  }
  return { value: policies, problems, warnings };
};

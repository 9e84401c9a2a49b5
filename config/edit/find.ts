/** Which file speaks of a service: by what is in force, or, where that says nothing, by what the files say themselves. */
import { join } from 'node:path';
import { readYaml } from '../document.js';
import type { ServiceName } from '../names.js';
import type { Configuration } from '../policy.js';
import { filesIn, readText } from '../read.js';
import type { Reloader } from '../reload.js';

export interface StoredFile {
  readonly file: string;
  readonly text: string;
}

const read = (file: string): StoredFile | null => {
  const found = readText(file);
  return 'text' in found ? { file, text: found.text } : null;
};

/** The name that a text gives its service, however wrong the rest of it is; null: none. */
export const serviceIn = (file: string, text: string): string | null => {
  const { value } = readYaml(file, text, {});
  const named = typeof value === 'object' && value !== null && 'service' in value ? value.service : null;
  return typeof named === 'string' ? named : null;
};

const filesNow = ({ ballast }: Configuration): readonly StoredFile[] =>
  filesIn(ballast.servicesDirectory).flatMap((file) => read(file) ?? []);

/** As it is on disk now; null: no file speaks of it. */
export const findFile = ({ configuration }: Reloader, service: string): StoredFile | null => {
  const inForce = configuration.services.get(service as ServiceName);
  const known = inForce ? read(inForce.file) : null;
  if (known) return known;
  return filesNow(configuration).find(({ file, text }) => serviceIn(file, text) === service) ?? null;
};

/** Services that files speak of and that are not in force: refused, or not read yet. */
export const namedInFiles = ({ configuration }: Reloader): readonly string[] => {
  const known = new Set([...configuration.services.values()].map(({ file }) => file));
  const others = filesNow(configuration).filter(({ file }) => !known.has(file));
  return others.flatMap(({ file, text }) => serviceIn(file, text) ?? []);
};

/** Where the file of a new service goes. */
export const newFile = ({ configuration }: Reloader, service: string): string =>
  join(configuration.ballast.servicesDirectory, `${service}.yaml`);

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const findRoot = (from: string): string => {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('ballast is not installed whole: no package.json above its own files');
  return findRoot(parent);
};

/** Folder of the installed package: where templates, presets and pages lie, whether run from `dist/` or elsewhere. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

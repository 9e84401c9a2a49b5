import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../lib/paths.js';
import { type TemplateName, templateNames, type Templates } from './render.js';

const builtIn = join(packageRoot, 'templates', 'nginx');

const readOne = async (name: TemplateName, directory: string | null): Promise<{ path: string; text: string }> => {
  if (directory !== null) {
    const path = join(directory, name);
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
    }
  }
  const path = join(builtIn, name);
  return { path, text: await readFile(path, 'utf8') };
};

/** The user's templates where the folder has them, the built-in ones for the rest. */
export const readTemplates = async (directory: string | null): Promise<Templates> => {
  const texts = await Promise.all(templateNames.map((name) => readOne(name, directory)));
  return Object.fromEntries(templateNames.map((name, i) => [name, texts[i]])) as unknown as Templates;
};

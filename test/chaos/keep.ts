import { cp, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** NGINX and Consul hold sockets and data of their own there, which tell nothing. */
const isTelling = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => null);
  return found !== null && (found.isDirectory() || found.isFile());
};

/**
 * Copies what a failure left behind (logs, journals, settings) out of a stage that is about to be taken down, and adds texts
 * under the names given. Answers the folder, which stays.
 */
export const keep = async (state: string, texts: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-chaos-kept-'));
  await cp(state, folder, { recursive: true, filter: isTelling });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  return folder;
};

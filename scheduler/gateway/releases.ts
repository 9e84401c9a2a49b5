/**
 * The folder that NGINX includes: one sub-folder per revision, and `current`, a symbolic link that names the one in force.
 * A revision's folder is written whole, flushed, and never changed again; the link is replaced by one rename.
 */
import { mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Manifest, manifestName, parseManifest } from './manifest.js';

export const currentName = 'current';
/** Where the files of the last refused candidate are left, for whoever mends it. */
export const rejectedName = 'rejected';
/** Revisions kept besides the one in force. */
const kept = 3;
const folderPattern = /^rev-(\d{1,9})-[0-9a-f]{12}$/;

const missing = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');

const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (thrown) {
    if (missing(thrown)) return null;
    throw thrown;
  }
};

const ordinal = (folder: string): number => Number(folderPattern.exec(folder)?.[1] ?? 0);

/** Names of the revisions' folders, oldest first. */
const listed = async (directory: string): Promise<readonly string[]> =>
  ((await orNull(readdir(directory))) ?? [])
    .filter((name) => folderPattern.test(name))
    .sort((a, b) => ordinal(a) - ordinal(b));

/** The folder in force; null: none yet. */
export const currentFolder = async (directory: string): Promise<string | null> => {
  const target = await orNull(readlink(join(directory, currentName)));
  return target !== null && folderPattern.test(basename(target)) ? join(directory, basename(target)) : null;
};

/** Null: there is none, or it is broken: then what the folder serves is unknown. */
export const manifestOf = async (folder: string): Promise<Manifest | null> => {
  const text = await orNull(readFile(join(folder, manifestName), 'utf8'));
  return text === null ? null : parseManifest(text);
};

/** The newest folder that holds this revision. The one in force is preferred. */
export const findRevision = async (directory: string, revision: string): Promise<string | null> => {
  const names = (await listed(directory)).filter((name) => name.endsWith(`-${revision}`)).reverse();
  const current = await currentFolder(directory);
  const found = names.find((name) => current !== null && basename(current) === name) ?? names[0];
  return found === undefined ? null : join(directory, found);
};

const holds = async (folder: string, files: ReadonlyMap<string, string>): Promise<boolean> => {
  for (const [path, text] of files) {
    if ((await orNull(readFile(join(folder, path), 'utf8'))) !== text) return false;
  }
  return true;
};

const flush = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeOne = async (path: string, text: string): Promise<void> => {
  const handle = await open(path, 'wx', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Writes a revision into a new folder and answers its path; the folder in force is answered itself where it holds these
 * bytes already. Rejects with the file system's error and leaves nothing behind.
 */
export const writeRelease = async (
  directory: string,
  revision: string,
  files: ReadonlyMap<string, string>,
): Promise<string> => {
  const current = await currentFolder(directory);
  if (current !== null && (await holds(current, files))) return current;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const last = (await listed(directory)).at(-1);
  const folder = join(directory, `rev-${ordinal(last ?? '') + 1}-${revision}`);
  const draft = join(directory, '.draft');
  try {
    await rm(draft, { recursive: true, force: true });
    const folders = new Set([draft, ...[...files.keys()].map((path) => dirname(join(draft, path)))]);
    for (const each of folders) await mkdir(each, { recursive: true });
    for (const [path, text] of files) await writeOne(join(draft, path), text);
    for (const each of folders) await flush(each);
    await rename(draft, folder);
    await flush(directory);
  } catch (thrown) {
    await rm(draft, { recursive: true, force: true });
    throw thrown;
  }
  return folder;
};

/** Puts a folder in force: from one moment to the next, and for good once this resolves. */
export const promote = async (directory: string, folder: string): Promise<void> => {
  const link = join(directory, '.current');
  await rm(link, { force: true });
  await symlink(basename(folder), link);
  await rename(link, join(directory, currentName));
  await flush(directory);
};

/** Moves a refused candidate aside, where a person can read it. Only the last one is kept. */
export const reject = async (directory: string, folder: string): Promise<void> => {
  if (folder === (await currentFolder(directory))) return;
  await rm(join(directory, rejectedName), { recursive: true, force: true });
  await rename(folder, join(directory, rejectedName));
};

/** Removes the oldest revisions; never the one in force, and none of `keep`. */
export const prune = async (directory: string, keep: readonly (string | null)[]): Promise<void> => {
  const current = await currentFolder(directory);
  const old = (await listed(directory)).map((name) => join(directory, name)).filter((folder) => folder !== current);
  for (const folder of old.slice(0, -kept)) {
    if (!keep.includes(folder)) await rm(folder, { recursive: true, force: true });
  }
};

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What does not exist is null; every other failure is one. */
const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
    throw thrown;
  }
};

/** A rename is durable only once its folder is. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const fill = async (handle: FileHandle, text: string, like: { mode: number; uid: number; gid: number } | null) => {
  try {
    await handle.writeFile(text);
    if (like) {
      await handle.chmod(like.mode & 0o7777);
      if (process.getuid?.() === 0) await handle.chown(like.uid, like.gid);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Replaces a file so that a reader, or a power cut, finds the old text or the new one and nothing between: temporary file
 * in the same folder, fsync, rename, fsync of the folder. Mode and owner are kept, a symbolic link stays one. Writes
 * nothing where the text is the same already. Rejects with the file system's error, the old file untouched.
 */
export const writeAtomic = async (path: string, text: string): Promise<'written' | 'same'> => {
  const target = (await orNull(realpath(path))) ?? path;
  const before = await orNull(readFile(target, 'utf8'));
  if (before === text) return 'same';
  const like = await orNull(stat(target));
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    await fill(await open(temporary, 'wx', 0o644), text, like);
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncFolder(dirname(target));
  return 'written';
};

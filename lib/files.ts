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

/** Somebody else changed the file: nothing was written. */
export type Written = 'written' | 'same' | 'conflict';

export interface WriteOptions {
  /** What the file must still hold at the last moment, null: it must not be there; otherwise nothing is written. */
  readonly expected?: string | null;
}

/**
 * Replaces a file so that a reader, or a power cut, finds the old text or the new one and nothing between: temporary file
 * in the same folder, fsync, rename, fsync of the folder. Mode and owner are kept, a symbolic link stays one. Writes
 * nothing where the text is the same already. Rejects with the file system's error, the old file untouched.
 */
export const writeAtomic = async (path: string, text: string, { expected }: WriteOptions = {}): Promise<Written> => {
  const target = (await orNull(realpath(path))) ?? path;
  const before = await orNull(readFile(target, 'utf8'));
  if (expected !== undefined && before !== expected) return 'conflict';
  if (before === text) return 'same';
  const like = await orNull(stat(target));
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    await fill(await open(temporary, 'wx', 0o644), text, like);
    if (expected !== undefined && (await orNull(readFile(target, 'utf8'))) !== expected) {
      await rm(temporary, { force: true });
      return 'conflict';
    }
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncFolder(dirname(target));
  return 'written';
};

/** Removes a file, durably, if it still holds what is expected; a symbolic link goes, what it points to stays. */
export const removeFile = async (path: string, expected: string): Promise<'removed' | 'conflict'> => {
  if ((await orNull(readFile(path, 'utf8'))) !== expected) return 'conflict';
  await rm(path);
  await syncFolder(dirname(path));
  return 'removed';
};

/** Secrets of `ballast.yaml`: in the file itself, or, better, in a file of their own. */
import { dirname, resolve } from 'node:path';
import { finding, type Finding, type KeyPath } from './problems.js';

/** Reads a secret's file: its text, or why it could not be read. */
export type ReadSecret = (path: string) => { text: string } | { wrong: string };

/** What is needed to resolve `ballast.yaml`, and where to say what is wrong with it. */
export interface Context {
  readonly file: string;
  readonly readSecret: ReadSecret;
  readonly findings: Finding[];
}

export const secretFile = (context: Context, path: KeyPath, name: string | undefined): string | null => {
  if (name === undefined) return null;
  const read = context.readSecret(resolve(dirname(context.file), name));
  if ('text' in read && read.text.trim() !== '') return read.text.trim();
  const wrong = 'wrong' in read ? read.wrong : 'is empty';
  context.findings.push(
    finding(path, `secret file "${name}" ${wrong}`, 'it must hold the secret and be readable by us'),
  );
  return null;
};

/** Of `key` and `key_file`, of which at most one may stand there. */
export const secretOf = (
  context: Context,
  section: KeyPath,
  key: 'token' | 'secret',
  given: string | undefined,
  file: string | undefined,
): string | null => {
  const path = [...section, `${key}_file`];
  if (given !== undefined && file !== undefined)
    context.findings.push(finding(path, `${key} and ${key}_file are both given`, 'keep one'));
  return given ?? secretFile(context, path, file);
};

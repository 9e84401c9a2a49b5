/** The files that an argument means: a file, all YAML files under a folder, or a pattern with * ** ? that the shell left alone. */
import { readdirSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const under = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const isYaml = (path: string): boolean => /\.ya?ml$/.test(path);

/** `**` stands for any folders, `*` and `?` for signs within a name. */
const patternOf = (glob: string): RegExp => {
  const parts = glob.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
};

const matching = (glob: string): readonly string[] => {
  const fixed = glob.slice(0, glob.search(/[*?]/));
  const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1) || '.';
  const pattern = patternOf(normalize(glob));
  return isFolder(folder) ? under(folder).filter((path) => pattern.test(path)) : [];
};

/** In the order asked for, each once. A name that is neither folder nor pattern stands for itself, there or not. */
export const filesOf = (asked: readonly string[]): readonly string[] => {
  const found = asked.flatMap((argument) => {
    if (isFolder(argument)) return under(argument).filter(isYaml);
    return /[*?]/.test(argument) ? matching(argument) : [normalize(argument)];
  });
  return [...new Set(found)];
};

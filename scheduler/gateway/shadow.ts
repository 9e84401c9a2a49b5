/**
 * A candidate is tested as NGINX would read it, yet before anything that NGINX could read is touched: in a shadow of the
 * configuration's folder, where every entry is a link to the real one, except the path down to our own folder, whose
 * `current` names the candidate. It works because NGINX resolves relative includes, however deeply nested, from the folder
 * of its main file. Absolute ones are redirected in the main file only; {@link candidateWasRead} finds out about the rest.
 */
import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { currentName } from './releases.js';

export interface Shadow {
  /** The main file to test. */
  readonly config: string;
  /** NGINX's own words, with real paths in place of the shadow's; `candidate` as it will be called. */
  inRealPaths(words: string, candidate: string): string;
  remove(): Promise<void>;
}

/** Links everything in `real` into `shadow`, save what is made there anew. */
const mirror = async (real: string, shadow: string, except: readonly string[]): Promise<void> => {
  await mkdir(shadow);
  for (const name of await readdir(real)) {
    if (!except.includes(name)) await symlink(join(real, name), join(shadow, name));
  }
};

/** The steps from the configuration's folder down to ours; null: ours is elsewhere. */
const stepsDown = (from: string, to: string): readonly string[] | null => {
  const path = relative(from, to);
  if (path === '') return [];
  const steps = path.split(sep);
  return steps[0] === '..' ? null : steps;
};

export const castShadow = async (
  { config, directory }: { readonly config: string; readonly directory: string },
  candidate: string,
): Promise<Shadow> => {
  const real = await realpath(dirname(config));
  const ours = await realpath(directory);
  const root = join(ours, '.shadow');
  await rm(root, { recursive: true, force: true });
  const main = basename(config);
  const steps = stepsDown(real, ours);
  let here = root;
  let there = real;
  for (const step of steps ?? []) {
    await mirror(there, here, [main, step]);
    here = join(here, step);
    there = join(there, step);
  }
  await mirror(there, here, [main, currentName, basename(root)]);
  if (steps !== null) await symlink(candidate, join(here, currentName));
  const text = await readFile(config, 'utf8');
  await writeFile(join(root, main), text.replaceAll(`${directory}/${currentName}/`, `${candidate}/`));
  const replacements = [
    [join(here, currentName), null],
    [candidate, null],
    [root, dirname(config)],
  ] as const;
  return {
    config: join(root, main),
    inRealPaths: (words, name) =>
      replacements.reduce((said, [path, becomes]) => said.replaceAll(path, becomes ?? name), words),
    remove: () => rm(root, { recursive: true, force: true }),
  };
};

const dumped = (dump: string): readonly string[] =>
  [...dump.matchAll(/^# configuration file (.+):$/gm)].flatMap((found) => found[1] ?? []);

/**
 * From NGINX's own list of what it read: the candidate's http.conf must be in it and nothing that is in force now.
 * Answers what is wrong, or null.
 */
export const candidateWasRead = async (
  dump: string,
  { directory, candidate, include }: { directory: string; candidate: string; include: string },
): Promise<string | null> => {
  const ours = await realpath(directory);
  const tested = await realpath(candidate);
  const files = await Promise.all(dumped(dump).map(async (path) => ({ path, real: await realpath(path) })));
  const live = files.find(
    ({ real }) => real.startsWith(`${ours}${sep}rev-`) && dirname(real) !== tested && dirname(dirname(real)) !== tested,
  );
  if (live) {
    return `the configuration includes ${live.path} by its absolute path from a nested file, so that a candidate cannot be tested there: write \`include ${include}/...\``;
  }
  if (files.some(({ real }) => real === join(tested, 'http.conf'))) return null;
  return `the configuration does not include our files: add \`include ${include}/http.conf;\` to its http block (and main.conf outside of it)`;
};

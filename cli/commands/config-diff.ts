/** `ballast config diff`: service files against what the engine has in force, value by value. */
import { isDeepStrictEqual } from 'node:util';
import { formatProblem, loadConfiguration } from '../../config/index.js';
import type { ServicePolicy } from '../../config/index.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Checks } from './check.js';
import type { Context } from './context.js';

/** Where it was read, and what follows from the rest. */
const ignored = new Set(['file', 'hash']);

type Json = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list of named things is a section of them. */
const byName = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 0 && value.every((item) => isSection(item) && typeof item['name'] === 'string')
    ? Object.fromEntries(value.map((item: Json) => [String(item['name']), item]))
    : value;

const shown = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value));

/** `metrics.cpu.critical: 0.95 -> 0.9` for each value that differs, from the one to the other. */
export const differences = (one: unknown, other: unknown, path = ''): readonly string[] => {
  const [before, after] = [byName(one), byName(other)];
  if (isDeepStrictEqual(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [`${path}: ${shown(before)} -> ${shown(after)}`];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => path !== '' || !ignored.has(key))
    .flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
};

/** As it would come over the wire. */
const plain = (policy: ServicePolicy): unknown => JSON.parse(JSON.stringify(policy));

export const diffConfig = async (
  { api, io }: Context,
  directory: string,
  checks: Checks,
  exitCode: boolean,
): Promise<ExitCode> => {
  const loaded = loadConfiguration(directory, { env: io.env, ...checks });
  if (!loaded.ok) {
    io.out(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
    io.err(`${directory} is refused, so nothing of it can be in force\n`);
    return exit.failed;
  }
  const { services } = loaded.configuration;
  const inForce = (await api.config.services()).filter(({ origin }) => origin === 'file').map(({ service }) => service);
  const lines: string[] = [];
  for (const [service, policy] of services) {
    if (!inForce.includes(service)) lines.push(`${service}: only in the files`);
    else
      lines.push(
        ...differences(await api.config.resolved(service), plain(policy)).map((line) => `${service}: ${line}`),
      );
  }
  for (const service of inForce)
    if (![...services.keys()].some((name) => name === service)) lines.push(`${service}: only in force`);
  io.out(lines.map((line) => `${line}\n`).join(''));
  if (lines.length === 0) io.err('what the files say is in force\n');
  return exitCode && lines.length > 0 ? exit.condition : exit.fine;
};

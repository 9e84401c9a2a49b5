/** Prometheus's own unit-test runner, made to tell what it thinks. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readFloat, readString } from '../../../../engine/derive/promql/literals.js';
import { binaryOf } from '../../../../scripts/demo/environment/binaries.js';

const run = promisify(execFile);

/** Series in promtool's notation, and what is asked of them. */
export interface Case {
  readonly intervalSeconds: number;
  readonly series: readonly { readonly series: string; readonly values: string }[];
  readonly evals: readonly { readonly expr: string; readonly atMs: number }[];
}

export interface Element {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Answer = readonly Element[] | { readonly error: string };

/** What it never finds: so that it prints what it found instead. */
const impossible = [{ labels: 'nothing_is_called_so', value: 1 }];

const caseYaml = ({ intervalSeconds, series, evals }: Case): unknown => ({
  interval: `${intervalSeconds}s`,
  input_series: series,
  promql_expr_test: evals.map(({ expr, atMs }) => ({ expr, eval_time: `${atMs}ms`, exp_samples: impossible })),
});

/** The answers of Prometheus, in order, for each case. */
export const promtoolAnswers = async (cases: readonly Case[]): Promise<readonly (readonly Answer[])[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const file = join(folder, 'tests.yml');
    // JSON is YAML. It loads samples no further than the last evaluation of rules, of which there are none.
    await writeFile(file, JSON.stringify({ evaluation_interval: '1s', tests: cases.map(caseYaml) }));
    const output = await run(binaryOf('promtool'), ['test', 'rules', file], { maxBuffer: 1 << 30 }).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`,
    );
    const answers = answersIn(output);
    const wanted = cases.reduce((sum, { evals }) => sum + evals.length, 0);
    if (answers.length !== wanted)
      throw new Error(`promtool gave ${answers.length} answers to ${wanted} questions:\n${output.slice(0, 2_000)}`);
    let from = 0;
    return cases.map(({ evals }) => answers.slice(from, (from += evals.length)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const answersIn = (output: string): Answer[] => {
  const answers: Answer[] = [];
  for (const line of output.split('\n')) {
    const error = /^ {4}expr: .*, time: [\dhms]+, err: (.*)$/.exec(line)?.[1];
    if (error !== undefined) answers.push({ error });
    const got = /^ {8}got: (.*)$/.exec(line)?.[1];
    if (got !== undefined) answers.push(got === 'nil' ? [] : elementsIn(got));
  }
  return answers;
};

const quoted = /"(?:[^"\\]|\\.)*"/y;

/** `{a="b", c="d"} 1E+00, {} NaN` */
const elementsIn = (text: string): Element[] => {
  const elements: Element[] = [];
  let at = 0;
  const take = (pattern: RegExp): string => {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = at;
    const [found = ''] = sticky.exec(text) ?? [];
    at += found.length;
    return found;
  };
  while (at < text.length) {
    const labels: Record<string, string> = {};
    take(/\{/);
    for (let name = take(/\w+/); name !== ''; name = take(/\w+/)) {
      take(/=/);
      labels[name] = readString(take(quoted)) ?? '';
      take(/, /);
    }
    take(/\} /);
    const number = take(/[^,]+/);
    const value = readFloat(number);
    if (value === undefined) throw new Error(`promtool says something else than a number: ${text.slice(at - 40)}`);
    elements.push({ labels, value });
    take(/, /);
  }
  return elements;
};

/** What `ballast test` prints: for people, with the table that explains the score; and as JSON. */
import { formatProblem, type Problem } from '../../config/problems.js';
import type { Paint } from '../paint.js';
import { explainText } from '../views/explain.js';
import { reasonText } from '../words.js';
import type { Failure, Outcome } from './judge.js';
import type { LoadedScenarios } from './load.js';

export interface FileReport extends Pick<LoadedScenarios, 'file' | 'problems'> {
  readonly outcomes: readonly Outcome[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** A file that cannot be read as scenarios counts as one failure. */
export const totalsOf = (reports: readonly FileReport[]): Totals => {
  const outcomes = reports.flatMap((report) => report.outcomes);
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  const broken = reports.filter(({ problems }) => problems.length > 0).length;
  return { passed: outcomes.length - failed, failed: failed + broken };
};

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');

const failureLine = ({ place, more }: Failure): string =>
  `  ${formatProblem(place)}${more > 0 ? ` (and at ${more} later time${more === 1 ? '' : 's'})` : ''}\n`;

/** The state in which an instance failed, once for all that failed of it then. */
const stateText = ({ instance, known: { explanation, server } }: Failure, paint: Paint): string => {
  const score = explanation === null ? `${instance} was not evaluated.\n` : explainText(explanation, null, paint);
  const plan =
    server === null
      ? ''
      : `Scheduler: ${server.lifecycle}, weight ${server.weight}: ${server.reasons.map(reasonText).join('; ')}\n`;
  return indented(score + plan);
};

const sameState = (one: Failure, other: Failure): boolean => one.instance === other.instance && one.at === other.at;

/** Of one test that failed: each expectation with its line, and then what was there instead. */
export const outcomeText = ({ scenario, failures }: Outcome, paint: Paint): string => {
  const states = failures.filter((failure, i) => failures.findIndex((other) => sameState(failure, other)) === i);
  return [
    `${paint('red', 'FAIL')}  ${scenario.name}\n`,
    ...states.flatMap((state) => [
      ...failures.filter((failure) => sameState(failure, state)).map(failureLine),
      stateText(state, paint),
    ]),
  ].join('');
};

const brokenText = (file: string, problems: readonly Problem[], paint: Paint): string =>
  `${paint('red', 'FAIL')}  ${file} cannot be run\n${problems.map((problem) => `  ${formatProblem(problem)}\n`).join('')}`;

/** A line for a file whose tests all hold, else all that is wrong with it. */
export const fileText = ({ file, problems, outcomes }: FileReport, paint: Paint): string => {
  if (problems.length > 0) return brokenText(file, problems, paint);
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  if (failed.length > 0) return failed.map((outcome) => outcomeText(outcome, paint)).join('');
  return `${paint('green', 'ok')}    ${file}: ${outcomes.length} test${outcomes.length === 1 ? '' : 's'}\n`;
};

const failureJson = ({ place, path, instance, at, expected, got, more, known }: Failure): unknown => ({
  line: place.line,
  column: place.column,
  key: path.join('.'),
  instance,
  atMs: at,
  expected,
  got,
  more,
  sentence: known.explanation?.sentence ?? null,
});

export const reportJson = (reports: readonly FileReport[]): unknown => ({
  ...totalsOf(reports),
  files: reports.map(({ file, problems, outcomes }) => ({
    file,
    problems,
    tests: outcomes.map(({ scenario, failures }) => ({
      name: scenario.name,
      line: scenario.place(['name'], '').line,
      passed: failures.length === 0,
      failures: failures.map(failureJson),
    })),
  })),
});

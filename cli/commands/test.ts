/** `ballast test`: what the engine and the scheduler would make of series that a file writes down. */
import { loadPresets } from '../../config/load.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import type { Io } from '../io.js';
import { jsonText } from '../output.js';
import { painter } from '../paint.js';
import { filesOf } from '../scenarios/files.js';
import { judgeScenario } from '../scenarios/judge.js';
import { readScenarios } from '../scenarios/load.js';
import { fileText, reportJson, totalsOf } from '../scenarios/report.js';
import type { FileReport } from '../scenarios/report.js';

export type TestFormat = 'text' | 'json';

export const testFiles = (io: Io, asked: readonly string[], format: TestFormat): ExitCode => {
  const files = filesOf(asked);
  if (files.length === 0)
    throw usageError(
      `${asked.join(' ')}: no file is meant by that`,
      'name files, folders, or patterns like tests/*.yaml',
    );
  const presets = loadPresets();
  const reports: FileReport[] = [];
  for (const file of files) {
    if (io.signal.aborted) return exit.failed;
    const { scenarios, problems } = readScenarios(file, presets, { env: io.env });
    const report = { file, problems, outcomes: scenarios.map(judgeScenario) };
    reports.push(report);
    if (format === 'text') io.out(fileText(report, painter(io.colour)));
  }
  const totals = totalsOf(reports);
  if (format === 'json') io.out(jsonText(reportJson(reports)));
  else io.out(`${totals.passed} passed, ${totals.failed} failed\n`);
  return totals.failed === 0 ? exit.fine : exit.failed;
};

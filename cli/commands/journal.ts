/** `ballast journal verify`: of the running scheduler, or of files. */
import { stringify } from 'yaml';
import { z } from 'zod';
import { journalReportSchema, type JournalReport } from '../../scheduler/client/index.js';
import type { Api } from '../api.js';
import { exit, usageError, type ExitCode } from '../exit.js';
import type { Io } from '../io.js';
import { jsonText } from '../output.js';
import { painter } from '../paint.js';
import { findingsTable, spanLine, verdictLine } from '../views/verify.js';

export interface VerifyOptions {
  readonly output: 'table' | 'json' | 'yaml';
  readonly complete: boolean;
}

const ofFiles = async (files: readonly string[], complete: boolean): Promise<JournalReport> => {
  const { verifyFiles } = await import('../../scheduler/journal/files.js');
  return verifyFiles(files, complete);
};

export const verifyJournal = async (
  io: Io,
  api: () => Api,
  files: readonly string[],
  { output, complete }: VerifyOptions,
): Promise<ExitCode> => {
  if (complete && files.length === 0)
    throw usageError('--complete needs the files', 'name the journal.db of every scheduler');
  const report = files.length > 0 ? await ofFiles(files, complete) : await api().verifyJournal();
  const code = report.whole ? exit.fine : exit.failed;
  if (output !== 'table') {
    const wire = z.encode(journalReportSchema, report);
    io.out(output === 'json' ? jsonText(wire) : stringify(wire));
    return code;
  }
  const now = io.clock.now();
  for (const span of report.journals) io.out(`${spanLine(span, now)}\n`);
  io.out(findingsTable([...report.faults, ...report.notes], now, painter(io.colour)));
  io.out(`${verdictLine(report)}\n`);
  return code;
};

/** `ballast approve` and `ballast veto`: a person's word on a step that is proposed. */
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { clockTime } from '../words.js';
import type { Context } from './context.js';

export interface WordOptions {
  readonly reason: string;
  readonly author?: string;
  readonly dryRun: boolean;
}

export const sayWord = async (
  { api, io }: Context,
  says: 'approve' | 'veto',
  asked: string,
  { reason, author, dryRun }: WordOptions,
): Promise<ExitCode> => {
  if (reason.trim() === '') throw usageError('--reason is empty', 'say why: it stands in the journal beside your name');
  const word = await api.decide(says, asked, { author: author ?? io.user, reason, dryRun });
  const { service, instance, step, until, snapshot } = word;
  const end = clockTime(until, io.clock.now());
  const prefix = dryRun ? 'dry run, nothing is said: ' : '';
  io.err(
    says === 'approve'
      ? `${prefix}${step} of ${service}/${instance} is approved until ${end}, since ${snapshot.because}; all guardrails are judged again before it\n`
      : `${prefix}${step} of ${service}/${instance} is vetoed: it is left alone until it is green again, or ${end}\n`,
  );
  if (!dryRun) io.err(`What comes of it: ballast get journal ${service}/${instance} -w\n`);
  return exit.fine;
};

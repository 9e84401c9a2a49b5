/** Previews where they meet the world: the files read, the engine asked, and the rest left to `preview`. */
import { readCandidates } from '../config/candidate.js';
import type { EngineClient } from '../engine/client/index.js';
import { BallastError } from '../lib/errors.js';
import type { RunPreview } from './api/preview.js';
import type { Shown } from './api/views.js';
import type { FleetPolicy } from './model.js';
import { planText } from './plan/index.js';
import { notesOf, preview } from './preview.js';

export interface PreviewParts {
  readonly engine: Pick<EngineClient, 'whatIf'>;
  /** Null until the first decision. */
  readonly shown: () => Shown | null;
  readonly fleet: () => FleetPolicy;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the engine refuses is refused for its reason; that it is not there is its own. */
const passOn = (error: unknown): never => {
  if (error instanceof BallastError && error.status !== null && error.status < 500) throw error;
  const cause = error instanceof Error ? error.message : String(error);
  throw new BallastError('ENGINE_SILENT', `the engine cannot say what the scores would be: ${cause}`, {
    status: 502,
    hint: 'ask again when /-/ready of the scheduler says that the engine answers',
    cause: error,
  });
};

export const createPreview =
  ({ engine, shown, fleet, env }: PreviewParts): RunPreview =>
  async (request) => {
    const candidates = readCandidates(request.services, { env });
    const scores = await engine.whatIf(request).catch(passOn);
    const last = shown();
    if (last === null)
      throw new BallastError('NOT_READY', 'nothing was decided yet', {
        status: 503,
        hint: 'ask /-/ready what it waits for',
      });
    const { world, decision, at } = last;
    const plans = preview({ world, memory: decision.memory, fleet: fleet(), candidates, scores, now: at });
    const [before, after] = [planText(plans.before), planText(plans.after)];
    return { before, after, differs: before !== after, plan: plans.after, notes: notesOf(scores) };
  };

/** The mildest step: the instance is asked to mend itself. The same for every runtime. */
import { isDeepStrictEqual } from 'node:util';
import type { LadderStep, ServicePolicy } from '../../config/index.js';
import { postEmpty } from '../../lib/http/post.js';
import type { Identity } from '../client/index.js';
import type { StepResult } from '../model.js';
import { notBegun, type Place, type RuntimeTarget, type StepOptions } from './types.js';

export interface GentleRequest {
  readonly step: Extract<LadderStep, { do: 'gentle' }>;
  readonly scheme: ServicePolicy['scrape']['scheme'];
}

/**
 * A POST to the instance's own address, to exactly the process that was meant. Any 2xx is done; a redirect is not followed,
 * since it may lead elsewhere. Asked twice it does what it does once, as far as the instance keeps the custom of such paths.
 */
export const askGently = async (
  place: Pick<Place, 'find'>,
  target: RuntimeTarget,
  identity: Identity,
  { step, scheme }: GentleRequest,
  { still }: Pick<StepOptions, 'still'>,
  signal: AbortSignal,
): Promise<StepResult> => {
  const now = await place.find(target, signal);
  signal.throwIfAborted();
  if (now.kind !== 'one') return { kind: 'look-again', text: now.why };
  if (!isDeepStrictEqual(now.identity, identity))
    return { kind: 'look-again', text: 'another process is the instance now' };
  if (!still()) return notBegun;
  const url = urlOf(target.entry, step, scheme);
  const posted = await postEmpty(url, { timeoutMs: step.timeoutMs, signal });
  if (posted.kind !== 'answered') return { kind: 'failed', text: `POST ${url}: ${posted.why}` };
  const text = `POST ${url} answered ${posted.status}`;
  return posted.status >= 200 && posted.status <= 299 ? { kind: 'done', text } : { kind: 'failed', text };
};

const urlOf = (
  { address, port }: RuntimeTarget['entry'],
  step: GentleRequest['step'],
  scheme: GentleRequest['scheme'],
): string => {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${scheme}://${host}:${step.port ?? port}${step.post}`;
};

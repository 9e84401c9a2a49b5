import { messageOf } from '../../lib/errors.js';
import type { ScrapeOutcome } from '../model.js';

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

const causes = (error: Error): readonly Error[] => {
  const nested = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : [];
  return [error, ...(error.cause instanceof Error ? causes(error.cause) : []), ...nested.flatMap(causes)];
};

const peerClosed = new Set(['ECLOSED', 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** The peer hung up, rather than being slow, absent or closed. */
export const isHangUp = (error: Error): boolean => causes(error).some((each) => peerClosed.has(codeOf(each)));

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ECLOSED: 'connection closed before the answer was complete',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'name service does not answer',
};

/**
 * What a failed request says of the process. Refused: nobody listens there. Answered with something that HTTP cannot read:
 * it lives, and is no metrics page. Began to answer: it lives as well. All else may as well be the network's fault.
 */
export const outcomeOf = (error: Error, answered = false): Exclude<ScrapeOutcome, { kind: 'page' }> => {
  const all = causes(error);
  const codes = all.map(codeOf);
  const refused = codes.includes('ECONNREFUSED');
  if (refused) return { kind: 'refused', why: 'connection refused' };
  const garbled = all.find(
    (each) => each.name === 'NotHttp' || each.name === 'HTTPParserError' || codeOf(each) === 'UND_ERR_HEADERS_OVERFLOW',
  );
  if (garbled) return { kind: 'unreadable', why: `its answer is not HTTP: ${messageOf(garbled)}` };
  const known = codes.find((code) => Object.hasOwn(words, code));
  return {
    kind: answered ? 'unfinished' : 'lost',
    why: (known !== undefined ? words[known] : undefined) ?? messageOf(error),
  };
};

/** Nobody overwrites what he has not seen: entity tags, `If-Match` and `If-None-Match` (RFC 9110). */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { BallastError } from '../errors.js';

export interface Preconditions {
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
}

export const preconditionsOf = (req: Request): Preconditions => ({
  ifMatch: req.get('if-match') ?? null,
  ifNoneMatch: req.get('if-none-match') ?? null,
});

/** A strong tag: equal texts have equal tags. */
export const etagOf = (text: string): string => `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;

const names = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some((tag) => tag.trim() === etag);

const failed = (message: string, etag: string | null, hint: string): BallastError =>
  new BallastError('PRECONDITION_FAILED', message, { status: 412, hint, details: { etag } });

/**
 * Throws 412 where `current` (null: there is none) is not what the request says it knows. `required`: and 428 where it says
 * nothing of something that is there.
 */
export const checkPreconditions = (
  what: string,
  current: string | null,
  { ifMatch, ifNoneMatch }: Preconditions,
  required = true,
): void => {
  const etag = current === null ? null : etagOf(current);
  if (ifNoneMatch !== null && etag !== null && names(ifNoneMatch, etag))
    throw failed(`${what} exists already`, etag, 'to change it, read it and send its ETag as If-Match');
  if (ifMatch !== null && (etag === null || !names(ifMatch, etag)))
    throw failed(
      etag === null ? `${what} does not exist` : `${what} was changed since: its ETag is ${etag}, not ${ifMatch}`,
      etag,
      etag === null ? 'to create it, send no If-Match' : 'read it again, make the change on that, and send its ETag',
    );
  if (required && etag !== null && ifMatch === null && ifNoneMatch === null)
    throw new BallastError('PRECONDITION_REQUIRED', `${what} exists: say which state of it you change`, {
      status: 428,
      hint: `send If-Match: ${etag}, or If-Match: * to overwrite whatever is there`,
      details: { etag },
    });
};

/** A request's body as the text that was sent, where the text itself is what matters. */
import type { IncomingMessage } from 'node:http';
import express, { type Request, type Response } from 'express';
import { BallastError, toError } from '../errors.js';

export const bodyLimit = '1mb';

const bytes = new WeakMap<IncomingMessage, Buffer>();

/** For the parsers of Express: what they parse stays at hand. */
export const keepBytes = (req: IncomingMessage, _res: unknown, body: Buffer): void => void bytes.set(req, body);

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decode = (body: Buffer): string => {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new BallastError('INVALID_REQUEST', 'the body is not valid UTF-8', { status: 400, cause });
  }
};

const parse = (req: Request, res: Response, types: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const raw = express.raw({ type: [...types], limit: bodyLimit, verify: keepBytes });
    raw(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(toError(error))));
  });

/** The text of a body of one of these media types, or of JSON. Rejects with 400 for none and for bad UTF-8, 413, and 415. */
export const textOf = async (req: Request, res: Response, types: readonly string[]): Promise<string> => {
  if (!bytes.has(req)) await parse(req, res, types);
  const body = bytes.get(req);
  if (body !== undefined && body.length > 0) return decode(body);
  const given = req.get('content-type');
  if (Number(req.get('content-length') ?? 0) === 0 && req.get('transfer-encoding') === undefined)
    throw new BallastError('INVALID_REQUEST', 'the body is missing', { status: 400 });
  throw new BallastError('UNSUPPORTED_MEDIA_TYPE', `a body of type ${given ?? 'unknown'} is not understood`, {
    status: 415,
    hint: `send it with -H 'Content-Type: ${types[0] ?? 'application/json'}'`,
  });
};

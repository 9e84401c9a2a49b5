/** Routes that describe themselves: from one table come what Express serves and what `/v1/openapi.json` says. */
import type { Express, Request, RequestHandler } from 'express';
import type { z } from 'zod';
import { BallastError } from '../errors.js';

/** What a successful answer holds: JSON by a schema, or text of a media type with an example. */
export type Content =
  | { readonly kind: 'json'; readonly schema: z.ZodType }
  | { readonly kind: 'text'; readonly type: string; readonly example: string };

export interface EndpointDescription {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As Express writes it: `/v1/scores/:service`. */
  readonly path: string;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** Parameters after the question mark, each with what it is for. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Content;
  readonly answer: Content;
  /** The same in another media type, for who accepts only that. */
  readonly otherwise?: Content;
  /** Of the good answer; 200 unless given. */
  readonly status?: number;
  /** Other statuses with the same body: status and when. */
  readonly also?: Readonly<Record<string, string>>;
  /** Problems that it answers with beside those that every endpoint may have: status and when. */
  readonly problems?: Readonly<Record<string, string>>;
}

export interface Endpoint extends EndpointDescription {
  readonly handle: RequestHandler;
}

export const json = (schema: z.ZodType): Content => ({ kind: 'json', schema });
export const text = (example: string, type = 'text/plain'): Content => ({ kind: 'text', type, example });

/** A parameter that is not understood must not be ignored in silence: the answer would be to another question. */
const refuseStrange = (req: Request, names: readonly string[]): void => {
  const strange = Object.keys(req.query).find((name) => !names.includes(name));
  if (strange === undefined) return;
  throw new BallastError('INVALID_REQUEST', `${req.path} takes no parameter ${strange.slice(0, 80)}`, {
    status: 400,
    hint: names.length > 0 ? `it takes ${names.join(', ')}` : 'it takes none',
  });
};

/** A body that is not said to be JSON was not read, and must not be taken for none: `curl -d` alone says that it is a form. */
const refuseUnread = (req: Request): void => {
  const isSent = Number(req.get('content-length') ?? 0) > 0 || req.get('transfer-encoding') !== undefined;
  if (!isSent || req.body !== undefined) return;
  throw new BallastError(
    'UNSUPPORTED_MEDIA_TYPE',
    `a body of type ${req.get('content-type') ?? 'unknown'} is not read`,
    {
      status: 415,
      hint: "send JSON, with -H 'Content-Type: application/json'",
    },
  );
};

/** A parameter after the question mark; undefined: not given. */
export const queried = (req: Request, name: string): string | undefined => {
  const value = req.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new BallastError('INVALID_REQUEST', `${name} was given more than once`, { status: 400 });
};

/** Serves the endpoints on the app itself. */
export const serve = (app: Express, endpoints: readonly Endpoint[]): void => {
  for (const { method, path, query = {}, body, handle } of endpoints) {
    const names = Object.keys(query);
    app[method](
      path,
      (req, _res, next) => {
        refuseStrange(req, names);
        if (body?.kind === 'json') refuseUnread(req);
        next();
      },
      handle,
    );
  }
};

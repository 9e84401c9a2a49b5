import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { BallastError } from '../errors.js';

/** Addresses that only this machine reaches. A name other than localhost may resolve to anything, so it does not count. */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Tells whether the token is one of them, in a time that tells nothing about where it differs or which it is. */
const matcher = (tokens: readonly string[]): ((given: string) => boolean) => {
  const known = tokens.map(digest);
  return (given) => {
    const asked = digest(given);
    return known.map((token) => timingSafeEqual(token, asked)).includes(true);
  };
};

const givenToken = (req: Request): string | null => {
  const bearer = /^Bearer +(\S+) *$/i.exec(req.get('authorization') ?? '')?.[1];
  return bearer ?? req.get('x-ballast-token') ?? null;
};

/** Refuses requests without one of the tokens, in `Authorization: Bearer` or `X-Ballast-Token`; never in the URL. */
export const requireToken = (tokens: readonly string[]): RequestHandler => {
  const matches = matcher(tokens);
  return (req, res, next) => {
    const given = givenToken(req);
    if (given !== null && matches(given)) return next();
    res.set('WWW-Authenticate', 'Bearer');
    throw new BallastError(
      'UNAUTHORIZED',
      given === null ? 'this request carries no token' : 'this token is not known',
      {
        status: 401,
        hint: 'send one of the configured tokens as "Authorization: Bearer TOKEN"',
      },
    );
  };
};

const hostName = (header: string): string => header.replace(/:\d+$/, '');

/**
 * Without tokens only this machine may ask, and its browser is part of it: a page from elsewhere that points its own name
 * at 127.0.0.1, or posts across sites, is turned away.
 */
export const onlyFromHere: RequestHandler = (req, _res, next) => {
  const host = req.get('host') ?? '';
  const site = req.get('sec-fetch-site');
  const crossSite = site === 'cross-site' || site === 'same-site';
  const unsafe = req.method !== 'GET' && req.method !== 'HEAD';
  if (isLoopback(hostName(host)) && !(crossSite && unsafe)) return next();
  throw new BallastError('FORBIDDEN_HOST', `without tokens only loopback is served, not host "${host}"`, {
    status: 403,
    hint: 'ask by 127.0.0.1 or localhost, or configure tokens',
  });
};

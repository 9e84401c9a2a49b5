import type { Request, RequestHandler, Response } from 'express';
import { BallastError } from '../errors.js';
import { queried } from './endpoints.js';
import { atEndOf, lifetimeOf } from './lifetime.js';
import { sharedBody, type Body } from './shared-bodies.js';
import { defaultWaitMs, parseIndex, parseWait } from './wait.js';
import type { Snapshot, Watched } from './watched.js';

/** Waits until there is something new, the time is up, the client goes away, or the server closes. */
const news = async <T>(source: Watched<T>, req: Request, res: Response): Promise<Snapshot<T>> => {
  const index = parseIndex(queried(req, 'index') ?? '0');
  const wait = queried(req, 'wait');
  const waitMs = wait === undefined ? defaultWaitMs : parseWait(wait);
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  const forget = atEndOf(req.app, stop);
  res.once('close', stop);
  const now = await source.wait(index, waitMs, gone.signal);
  // Taken off, not left to fire: to abort a signal that nobody looks at any more takes longer than the rest of this.
  res.off('close', stop);
  forget();
  return now;
};

/** Less than that is not worth the compressing. */
const zipFromBytes = 4_096;

const send = async (req: Request, res: Response, body: Body): Promise<void> => {
  res.type('json');
  if (body.plain.length < zipFromBytes) return void res.send(body.plain);
  res.vary('Accept-Encoding');
  if (req.acceptsEncodings(['gzip', 'identity']) !== 'gzip') return void res.send(body.plain);
  const zipped = await body.zipped();
  res.set('Content-Encoding', 'gzip').send(zipped);
};

type Pick<T> = Watched<T> | ((req: Request) => Watched<T> | null);

/** JSON in UTF-8. */
export const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/**
 * Answers `GET …?index=&wait=`: without an index at once, with the current index when the value changes or the time is up.
 * `X-Ballast-Index` is what to ask with next; the weak `ETag` says the same, and `If-None-Match` with it gets a 304 without
 * a body where nothing material changed. `watched` may be chosen by the request; null is a 404. `render` gives the JSON.
 * `alike`: requests for the same resource with the same text get the same answer.
 */
export const blocking =
  <T>(
    watched: Pick<T>,
    render: (value: T, req: Request) => Buffer | Promise<Buffer>,
    alike: (req: Request) => string = () => '',
  ): RequestHandler =>
  async (req, res) => {
    const source = typeof watched === 'function' ? watched(req) : watched;
    if (!source) throw new BallastError('NOT_FOUND', `nothing is known under ${req.path}`, { status: 404 });
    const { index, value } = await news(source, req, res);
    if (res.destroyed) return;
    if (lifetimeOf(req.app).signal.aborted) res.set('Connection', 'close');
    res.set('X-Ballast-Index', String(index)).set('ETag', `W/"${index}"`);
    if (req.fresh) return void res.status(304).end();
    await send(req, res, await sharedBody(source, alike(req), () => render(value, req)));
  };

/** `POST /v1/replay`: lines as they come, so that a client sees how far it is; closing the connection ends it. */
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { BallastError, messageOf } from '../../lib/errors.js';
import { json, text, type Endpoint } from '../../lib/http/endpoints.js';
import { lifetimeOf } from '../../lib/http/lifetime.js';
import {
  replayLineSchema,
  replayRequestSchema,
  type Replay,
  type ReplayLine,
  type ReplayProgress,
  type ReplayRequest,
} from '../client/index.js';
import { bodyOf } from './request.js';

export type RunReplay = (
  request: ReplayRequest,
  onProgress: (progress: ReplayProgress) => void,
  signal: AbortSignal,
) => Promise<Replay>;

const lines = 'application/x-ndjson';
const line = (value: ReplayLine): string => `${JSON.stringify(z.encode(replayLineSchema, value))}\n`;

const begin = (res: Response): void => {
  if (!res.headersSent) res.status(200).type(lines);
};

const handle =
  (run: RunReplay): RequestHandler =>
  async (req, res) => {
    const request = bodyOf(req, replayRequestSchema);
    const gone = new AbortController();
    res.once('close', () => gone.abort(new BallastError('CLIENT_GONE', 'nobody waits for this replay any more')));
    const onProgress = (progress: ReplayProgress): void => {
      begin(res);
      res.write(line({ progress }));
    };
    try {
      const result = await run(request, onProgress, AbortSignal.any([gone.signal, lifetimeOf(req.app).signal]));
      begin(res);
      res.end(line({ result }));
    } catch (error) {
      // What is said before the first line can still be a problem of its own.
      if (!res.headersSent && !gone.signal.aborted) throw error;
      const code = error instanceof BallastError ? error.code : 'REPLAY_FAILED';
      if (!res.destroyed) res.end(line({ error: { code, detail: messageOf(error) } }));
    }
  };

export const replayEndpoint = (run: RunReplay): Endpoint => ({
  method: 'post',
  path: '/v1/replay',
  summary: 'A candidate over the recorded history: lines of JSON, progress first and the result last',
  body: json(replayRequestSchema),
  answer: text('{"progress":{"done":120,"total":57600,"evaluations":7200}}\n{"result":{…}}', lines),
  problems: {
    422: 'the candidate has problems, or history cannot answer it; the reason names the metric',
    429: 'another replay is running',
  },
  handle: handle(run),
});

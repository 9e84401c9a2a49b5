/** `POST /v1/plan/preview`. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { issuesText } from '../../lib/http/issues.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import { previewRequestSchema, previewSchema, type Preview, type PreviewRequest } from '../client/index.js';

/** Rejects with a BallastError where a file is bad, nothing was decided yet, or the engine does not answer. */
export type RunPreview = (request: PreviewRequest) => Promise<Preview>;

const handle =
  (run: RunPreview): RequestHandler =>
  async (req, res) => {
    const body = previewRequestSchema.safeParse(req.body ?? {});
    if (!body.success) throw new BallastError('INVALID_REQUEST', issuesText(body.error, 'body'), { status: 400 });
    res.json(z.encode(previewSchema, await run(body.data)));
  };

export const previewEndpoint = (run: RunPreview): Endpoint => ({
  method: 'post',
  path: '/v1/plan/preview',
  summary: 'What the plan would be with other service files, on the world as it is; nothing is applied',
  body: json(previewRequestSchema),
  answer: json(previewSchema),
  problems: { 422: 'a file has problems; each is told with its place', 502: 'the engine does not answer' },
  handle: handle(run),
});

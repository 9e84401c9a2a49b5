/** Modes of healing: a ceiling that people set besides that of the file. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { BallastError } from '../../lib/errors.js';
import { json, type Endpoint } from '../../lib/http/endpoints.js';
import type { HealMode, ServicePolicy } from '../../config/index.js';
import { healModeSchema, type Mode, modeSchema, modesResponseSchema } from '../client/index.js';
import type { Controls } from './controls.js';
import { decided, notPast, notWritten, param, parse } from './request.js';
import { noService } from './subjects.js';
import type { Shown } from './views.js';

export interface ModeParts {
  readonly controls: Pick<Controls, 'of' | 'put'>;
  readonly policies: () => readonly Pick<ServicePolicy, 'service' | 'file' | 'heal'>[];
  readonly shown: () => Shown | null;
  readonly now: () => number;
}

export const modeRequestSchema = z.strictObject({
  heal: healModeSchema,
  author: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(1000),
  until: isoTime.nullable().default(null),
});

const order: readonly HealMode[] = ['observe', 'suggest', 'act'];

/** The file is the ceiling: who wants more than it allows must change the file, where others see it. */
const refuseAbove = ({ service, file, heal }: Pick<ServicePolicy, 'service' | 'file' | 'heal'>, asked: HealMode) => {
  if (order.indexOf(asked) <= order.indexOf(heal.mode)) return;
  throw new BallastError('ABOVE_FILE', `${service} may not ${asked}: heal.mode is ${heal.mode} in ${file}`, {
    status: 409,
    hint: `the file is the ceiling; write "heal: {mode: ${asked}}" there`,
  });
};

const policyOf = ({ policies }: ModeParts, name: string) => {
  const known = policies();
  const found = known.find(({ service }) => service === name);
  if (found) return found;
  throw noService(
    name,
    known.map(({ service }) => service),
  );
};

const stateOf = (parts: ModeParts, only: string | null): z.output<typeof modesResponseSchema> => {
  const { plan } = decided(parts).decision;
  const modes = parts.controls.of('mode');
  const services = parts.policies().flatMap(({ service, heal }) => {
    if (only !== null && service !== only) return [];
    const inForce = plan.services.find((one) => one.service === service)?.mode.heal ?? heal.mode;
    return [{ service, file: heal.mode, inForce }];
  });
  const about = ({ scope }: Mode): boolean => only === null || scope === 'all' || scope === `service/${only}`;
  return { modes: modes.filter(about), services };
};

const read =
  (parts: ModeParts): RequestHandler =>
  (req, res) => {
    const service = param(req, 'service');
    if (service !== '') policyOf(parts, service);
    res.json(z.encode(modesResponseSchema, stateOf(parts, service === '' ? null : service)));
  };

const set =
  (parts: ModeParts): RequestHandler =>
  async (req, res) => {
    const body = parse(modeRequestSchema, req.body, 'body');
    const service = param(req, 'service');
    const now = parts.now();
    if (service !== '') refuseAbove(policyOf(parts, service), body.heal);
    notPast(body.until, now, 'the mode');
    const mode: Mode = { kind: 'mode', ...body, scope: service === '' ? 'all' : `service/${service}`, since: now };
    await parts.controls.put(mode);
    res.json(z.encode(modeSchema, mode));
  };

const problems = { 404: 'there is no such service' };
const writing = { 409: 'above what the file allows, or somebody else changed it just now', ...notWritten };

export const modeEndpoints = (parts: ModeParts): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/mode',
    summary:
      'What Ballast may do by itself: what people set, and for each service what its file allows and what is in force',
    answer: json(modesResponseSchema),
    problems: { 503: 'nothing was decided yet' },
    handle: read(parts),
  },
  {
    method: 'get',
    path: '/v1/mode/:service',
    summary: 'The same of one service',
    answer: json(modesResponseSchema),
    problems: { ...problems, 503: 'nothing was decided yet' },
    handle: read(parts),
  },
  {
    method: 'put',
    path: '/v1/mode',
    summary: 'Sets the most that Ballast may do by itself for any service',
    body: json(modeRequestSchema),
    answer: json(modeSchema),
    problems: writing,
    handle: set(parts),
  },
  {
    method: 'put',
    path: '/v1/mode/:service',
    summary: 'Sets the most that Ballast may do by itself for a service, never more than its file allows',
    body: json(modeRequestSchema),
    answer: json(modeSchema),
    problems: { ...problems, ...writing },
    handle: set(parts),
  },
];

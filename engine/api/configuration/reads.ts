/** Service files as they are and as they were. */
import type { Request, Response } from 'express';
import { stringify } from 'yaml';
import { z } from 'zod';
import { findFile, namedInFiles, type Recorder, type Version } from '../../../config/edit/index.js';
import type { ServicePolicy } from '../../../config/index.js';
import * as wire from '../../../config/wire.js';
import { BallastError } from '../../../lib/errors.js';
import { json, queried, type Endpoint } from '../../../lib/http/endpoints.js';
import { etagOf } from '../../../lib/http/preconditions.js';
import { flagged, serviceName, wantsYaml, type ConfigurationOptions } from './request.js';

const versionOf = ({ version, at, author, reason, file, hash, text: content }: Version) => ({
  ...{ version, at, author, reason, file, hash },
  removed: content === null,
});

const sendYaml = (res: Response, content: string): void => void res.type('application/yaml').send(content);

const notFound = (service: string): BallastError =>
  new BallastError('SERVICE_NOT_FOUND', `there is no service ${service}`, {
    status: 404,
    hint: 'GET /v1/config/services lists them',
  });

/** The newest version's number; null as well while versions cannot be read. */
const newest = (recorder: Recorder, service: string): number | null => {
  try {
    return recorder.latest(service)?.version ?? null;
  } catch {
    return null;
  }
};

const configOf = (
  { reloader, recorder, policies }: ConfigurationOptions,
  service: string,
): z.output<typeof wire.serviceTextSchema> | null => {
  const policy = policies().find((each) => each.service === service) ?? null;
  const stored = findFile(reloader, service);
  if (!policy && !stored) return null;
  const inForce = reloader.texts.get(service);
  return {
    service,
    origin: inForce ? 'file' : policy ? 'discovery' : 'none',
    owner: policy?.owner ?? null,
    file: stored?.file ?? null,
    etag: stored ? etagOf(stored.text) : null,
    inForce: stored ? inForce?.text === stored.text : policy !== null,
    policy: policy?.hash ?? null,
    version: newest(recorder, service),
    text: stored?.text ?? null,
  };
};

const list = (options: ConfigurationOptions): z.output<typeof wire.serviceConfigsSchema> => {
  const names = new Set<string>([
    ...options.policies().map(({ service }) => service),
    ...namedInFiles(options.reloader),
  ]);
  return { services: [...names].flatMap((name) => configOf(options, name) ?? []).map(({ text: _, ...line }) => line) };
};

const sendResolved = (req: Request, res: Response, policy: ServicePolicy): void =>
  wantsYaml(req) ? sendYaml(res, stringify(policy)) : void res.json(policy);

const read = (options: ConfigurationOptions, req: Request, res: Response): void => {
  const service = serviceName(req);
  const found = configOf(options, service);
  if (!found) throw notFound(service);
  if (flagged(req, 'resolved')) {
    const policy = options.policies().find((each) => each.service === service);
    if (!policy) throw notFound(service);
    return sendResolved(req, res, policy);
  }
  if (found.etag !== null) res.set('ETag', found.etag);
  if (!wantsYaml(req)) return void res.json(z.encode(wire.serviceTextSchema, found));
  if (found.text === null)
    throw new BallastError('NO_FILE', `service ${service} has no file: Consul names it`, {
      status: 404,
      hint: '?resolved shows what it is judged by; PUT gives it a file',
    });
  sendYaml(res, found.text);
};

const positive = z.coerce.number().int().min(1).max(10_000);

const versions = ({ recorder }: ConfigurationOptions, req: Request, res: Response): void => {
  const service = serviceName(req);
  const asked = queried(req, 'version');
  if (asked === undefined) {
    const found = recorder.list(service, positive.parse(queried(req, 'limit') ?? '100'));
    return void res.json(z.encode(wire.versionsSchema, { service, versions: found.map(versionOf) }));
  }
  const found = recorder.version(service, positive.parse(asked));
  if (wantsYaml(req) && found.text !== null) return sendYaml(res, found.text);
  res.json(z.encode(wire.versionTextSchema, { ...versionOf(found), text: found.text }));
};

export const reads = (options: ConfigurationOptions): readonly Endpoint[] => [
  {
    method: 'get',
    path: '/v1/config/services',
    summary: 'Every service that is scored: where its configuration comes from, and whether its file is in force',
    answer: json(wire.serviceConfigsSchema),
    handle: (_req, res) => void res.json(z.encode(wire.serviceConfigsSchema, list(options))),
  },
  {
    method: 'get',
    path: '/v1/config/services/:service',
    summary: 'A service file as it is stored, with its ETag: its text for application/yaml, else JSON around it',
    query: { resolved: 'the policy in force instead, with presets and defaults filled in' },
    answer: json(wire.serviceTextSchema),
    problems: { 404: 'no such service' },
    handle: (req, res) => read(options, req, res),
  },
  {
    method: 'get',
    path: '/v1/config/services/:service/versions',
    summary: 'What was in force of a service file: who, when, why; newest first',
    query: { version: 'that one alone, with its text', limit: 'at most so many [100]' },
    answer: json(z.union([wire.versionsSchema, wire.versionTextSchema])),
    problems: { 404: 'no such version', 503: 'the versions cannot be read now' },
    handle: (req, res) => versions(options, req, res),
  },
];

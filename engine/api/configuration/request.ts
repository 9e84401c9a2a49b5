/** What a request about a service file says: whose it is, who changes it, and in which form it is wanted. */
import type { Request } from 'express';
import type { Recorder, Request as Edit, ServiceEditor } from '../../../config/edit/index.js';
import { serviceNamePattern, type Reloader, type ServicePolicy } from '../../../config/index.js';
import { BallastError } from '../../../lib/errors.js';
import { queried } from '../../../lib/http/endpoints.js';
import { preconditionsOf } from '../../../lib/http/preconditions.js';
import { param } from '../request.js';

export interface ConfigurationOptions {
  readonly reloader: Reloader;
  readonly editor: ServiceEditor;
  readonly recorder: Recorder;
  /** In force, also of services without a file. */
  readonly policies: () => readonly ServicePolicy[];
  /** What would be, were that the policy; any JSON. Null: the service would be gone. */
  readonly whatIf?: (service: string, candidate: ServicePolicy | null) => Promise<unknown>;
}

export const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml', 'text/plain'] as const;

export const serviceName = (req: Request): string => {
  const name = param(req, 'service');
  if (serviceNamePattern.test(name)) return name;
  throw new BallastError('INVALID_REQUEST', `"${name.slice(0, 80)}" is no service name`, {
    status: 400,
    hint: 'letters, digits, . _ -',
  });
};

const said = (value: string | undefined, what: string): string | null => {
  const words = value?.trim() ?? '';
  if (words === '') return null;
  if (words.length <= 500 && !/\p{Cc}/u.test(words)) return words;
  throw new BallastError('INVALID_REQUEST', `${what} is longer than 500 characters or holds control characters`, {
    status: 400,
  });
};

export const flagged = (req: Request, name: string): boolean => {
  const value = queried(req, name);
  if (value === undefined || value === 'false') return false;
  if (value === '' || value === 'true') return true;
  throw new BallastError('INVALID_REQUEST', `${name}=${value.slice(0, 80)} is not understood`, { status: 400 });
};

/** Query before header: a header holds no letters beyond Latin. */
export const editOf = (
  req: Request,
  body: { readonly author?: string | undefined; readonly reason?: string | undefined } = {},
): Edit => ({
  author: said(body.author ?? queried(req, 'author') ?? req.get('x-ballast-author'), 'author') ?? 'unknown',
  reason: said(body.reason ?? queried(req, 'reason') ?? req.get('x-ballast-reason'), 'reason'),
  conditions: preconditionsOf(req),
  dryRun: flagged(req, 'dry_run'),
});

export const wantsYaml = (req: Request): boolean =>
  req.accepts(['application/json', ...yamlTypes]) !== 'application/json' && req.accepts([...yamlTypes]) !== false;

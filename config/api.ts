/** How both services are told to read their configuration again, and say how that went. */
import { Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { BallastError } from '../lib/errors.js';
import { json, type Endpoint } from '../lib/http/endpoints.js';
import type { Problem } from './problems.js';
import type { Reloaded, Reloader } from './reload.js';
import { configStateSchema, reloadSchema } from './wire.js';

const counted = (count: number): string => `${count} problem${count === 1 ? '' : 's'}`;

/** For a client: every problem with its place, as a member of the answer. */
export const refusal = (problems: readonly Problem[], what: string, status = 422): BallastError =>
  new BallastError('INVALID_CONFIGURATION', `${what}: ${counted(problems.length)}; what was in force stays so`, {
    status,
    hint: 'mend what `problems` lists',
    details: { problems },
  });

const encodeReload = ({ changes, needsRestart, warnings }: Extract<Reloaded, { ok: true }>) =>
  z.encode(reloadSchema, {
    changes: { added: [...changes.added], changed: [...changes.changed], removed: [...changes.removed] },
    needsRestart: [...needsRestart],
    warnings: [...warnings],
  });

/** `POST /-/reload` and `GET /v1/config`. */
export const configEndpoints = (reloader: Reloader): readonly Endpoint[] => [
  {
    method: 'post',
    path: '/-/reload',
    summary: 'Reads the configuration folder again and puts it in force, whole or not at all',
    answer: json(reloadSchema),
    problems: { 422: 'the folder is refused; `problems` lists everything that is wrong, with its place' },
    handle: (_req, res) => {
      const result = reloader.reload('api');
      if (!result.ok) throw refusal(result.problems, 'the configuration is refused');
      res.json(encodeReload(result));
    },
  },
  {
    method: 'get',
    path: '/v1/config',
    summary: 'Whether what lies in the configuration folder is in force, and what is wrong with it',
    answer: json(configStateSchema),
    handle: (_req, res) => void res.json(z.encode(configStateSchema, reloader.state)),
  },
];

/** As Prometheus names its own. */
export const addConfigMetrics = (registry: Registry, reloader: Reloader): void => {
  const successful: Gauge = new Gauge({
    name: 'ballast_config_last_reload_successful',
    help: '1 while what lies in the configuration folder is in force, 0 while it is refused.',
    registers: [registry],
    collect: () => successful.set(reloader.state.ok ? 1 : 0),
  });
  const good: Gauge = new Gauge({
    name: 'ballast_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last read and found good.',
    registers: [registry],
    collect: () => good.set(reloader.state.goodAt / 1000),
  });
};

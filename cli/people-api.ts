/** What people may say, as the scheduler takes and shows it. */
import { z } from 'zod';
import type { HttpClient } from '../lib/http/client.js';
import {
  actResponseSchema,
  maintenanceResponseSchema,
  maintenanceSchema,
  modeSchema,
  modesResponseSchema,
} from '../scheduler/client/index.js';
import type {
  ActName,
  ActResponse,
  Maintenance,
  MaintenanceResponse,
  Mode,
  ModesResponse,
} from '../scheduler/client/index.js';

/** Why, in whose name, and until when (RFC 3339); null: until somebody ends it. */
export interface Said {
  readonly author: string;
  readonly reason: string;
  readonly until: string | null;
}

/** An act, and how it is asked for. */
export interface ActCall {
  readonly body: Said;
  readonly forced: boolean;
  readonly dryRun: boolean;
  readonly cas: string | undefined;
  readonly key: string | undefined;
}

export interface PeopleApi {
  /** `INSTANCE` or `SERVICE/INSTANCE`. */
  act(act: ActName, instance: string, call: ActCall): Promise<ActResponse>;
  maintenance(): Promise<MaintenanceResponse>;
  startMaintenance(request: Said & { readonly scope: string }): Promise<Maintenance>;
  endMaintenance(scope: string, author: string): Promise<void>;
  /** Of one service, or of all. */
  modes(service: string | null): Promise<ModesResponse>;
  setMode(service: string | null, request: Said & { readonly heal: Mode['heal'] }): Promise<Mode>;
}

const modePath = (service: string | null): string =>
  service === null ? '/v1/mode' : `/v1/mode/${encodeURIComponent(service)}`;

const actPath = (act: ActName, instance: string): string =>
  `/v1/instances/${instance.split('/').map(encodeURIComponent).join('/')}/${act}`;

export const createPeopleApi = (scheduler: HttpClient): PeopleApi => ({
  act: async (act, instance, { body, forced, dryRun, cas, key }) => {
    const options = {
      body: { ...body, ...(forced ? { forced } : {}) },
      query: { dry_run: dryRun ? 'true' : undefined, cas },
      ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
    };
    return (await scheduler.send('POST', actPath(act, instance), actResponseSchema, options)).value;
  },
  maintenance: async () => (await scheduler.get('/v1/maintenance', maintenanceResponseSchema)).value,
  startMaintenance: async (body) =>
    (await scheduler.send('POST', '/v1/maintenance', maintenanceSchema, { body })).value,
  endMaintenance: async (scope, author) => {
    await scheduler.send('DELETE', '/v1/maintenance', z.unknown(), { query: { scope, author } });
  },
  modes: async (service) => (await scheduler.get(modePath(service), modesResponseSchema)).value,
  setMode: async (service, body) => (await scheduler.send('PUT', modePath(service), modeSchema, { body })).value,
});

/** What people may say, as the scheduler takes and shows it. */
import { z } from 'zod';
import type { HttpClient } from '../lib/http/client.js';
import {
  maintenanceResponseSchema,
  maintenanceSchema,
  modeSchema,
  modesResponseSchema,
} from '../scheduler/client/index.js';
import type { Maintenance, MaintenanceResponse, Mode, ModesResponse } from '../scheduler/client/index.js';

/** Why, in whose name, and until when (RFC 3339); null: until somebody ends it. */
export interface Said {
  readonly author: string;
  readonly reason: string;
  readonly until: string | null;
}

export interface PeopleApi {
  maintenance(): Promise<MaintenanceResponse>;
  startMaintenance(request: Said & { readonly scope: string }): Promise<Maintenance>;
  endMaintenance(scope: string, author: string): Promise<void>;
  /** Of one service, or of all. */
  modes(service: string | null): Promise<ModesResponse>;
  setMode(service: string | null, request: Said & { readonly heal: Mode['heal'] }): Promise<Mode>;
}

const modePath = (service: string | null): string =>
  service === null ? '/v1/mode' : `/v1/mode/${encodeURIComponent(service)}`;

export const createPeopleApi = (scheduler: HttpClient): PeopleApi => ({
  maintenance: async () => (await scheduler.get('/v1/maintenance', maintenanceResponseSchema)).value,
  startMaintenance: async (body) =>
    (await scheduler.send('POST', '/v1/maintenance', maintenanceSchema, { body })).value,
  endMaintenance: async (scope, author) => {
    await scheduler.send('DELETE', '/v1/maintenance', z.unknown(), { query: { scope, author } });
  },
  modes: async (service) => (await scheduler.get(modePath(service), modesResponseSchema)).value,
  setMode: async (service, body) => (await scheduler.send('PUT', modePath(service), modeSchema, { body })).value,
});

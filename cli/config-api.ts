/** What the two services say of their configuration, and take. */
import { z } from 'zod';
import {
  configStateSchema,
  editSchema,
  reloadSchema,
  serviceConfigsSchema,
  serviceTextSchema,
  versionsSchema,
  versionTextSchema,
} from '../config/wire.js';
import type { ConfigState, Edit, Reload, ServiceConfig, VersionLine } from '../config/wire.js';
import type { HttpClient } from '../lib/http/client.js';

export const parts = ['engine', 'scheduler'] as const;
export type Part = (typeof parts)[number];

export type ServiceText = z.output<typeof serviceTextSchema>;

/** A change, and in whose name. */
export interface Change {
  readonly author: string;
  readonly reason: string | undefined;
  readonly dryRun?: boolean;
  /** The state that it rests on; null: there must be none. */
  readonly etag: string | null;
}

export interface ConfigApi {
  state(part: Part): Promise<ConfigState>;
  reload(part: Part): Promise<Reload>;
  services(): Promise<readonly ServiceConfig[]>;
  service(name: string): Promise<ServiceText>;
  /** The policy in force, as the engine shows it. */
  resolved(name: string): Promise<Readonly<Record<string, unknown>>>;
  put(name: string, text: string, change: Change): Promise<Edit>;
  remove(name: string, change: Change): Promise<Edit>;
  versions(name: string, limit: number): Promise<readonly VersionLine[]>;
  version(name: string, version: number): Promise<z.output<typeof versionTextSchema>>;
  rollback(name: string, version: number, change: Omit<Change, 'etag'>): Promise<Edit>;
}

const pathOf = (name: string): string => `/v1/config/services/${encodeURIComponent(name)}`;

const queryOf = ({ author, reason, dryRun }: Omit<Change, 'etag'>) => ({
  author,
  reason,
  dry_run: dryRun === true ? 'true' : undefined,
});

const conditionOf = ({ etag }: Change): Readonly<Record<string, string>> =>
  etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag };

export const createConfigApi = (clients: Readonly<Record<Part, HttpClient>>): ConfigApi => {
  const { engine } = clients;
  return {
    state: async (part) => (await clients[part].get('/v1/config', configStateSchema)).value,
    reload: async (part) => (await clients[part].send('POST', '/-/reload', reloadSchema)).value,
    services: async () => (await engine.get('/v1/config/services', serviceConfigsSchema)).value.services,
    service: async (name) => (await engine.get(pathOf(name), serviceTextSchema)).value,
    resolved: async (name) =>
      (await engine.get(pathOf(name), z.record(z.string(), z.unknown()), { query: { resolved: 'true' } })).value,
    put: async (name, body, change) => {
      const headers = { ...conditionOf(change), 'Content-Type': 'application/yaml' };
      return (await engine.send('PUT', pathOf(name), editSchema, { body, query: queryOf(change), headers })).value;
    },
    remove: async (name, change) => {
      const options = { query: queryOf(change), headers: conditionOf(change) };
      return (await engine.send('DELETE', pathOf(name), editSchema, options)).value;
    },
    versions: async (name, limit) =>
      (await engine.get(`${pathOf(name)}/versions`, versionsSchema, { query: { limit } })).value.versions,
    version: async (name, version) =>
      (await engine.get(`${pathOf(name)}/versions`, versionTextSchema, { query: { version } })).value,
    rollback: async (name, version, change) => {
      const options = { body: { version }, query: queryOf(change) };
      return (await engine.send('POST', `${pathOf(name)}/rollback`, editSchema, options)).value;
    },
  };
};

import type { ServicePolicy } from '../config/index.js';
import { type ConsulAccess, type ConsulConnection, createConsul } from '../lib/consul/index.js';
import type { Database } from '../lib/sqlite.js';
import { JournalStore } from './journal/store.js';
import { createRuntimes, type Runtime, type RuntimesOptions } from './runtime/index.js';

/**
 * Where the scheduler meets the world that remembers: each is made through here and nowhere else, so that a fault injector
 * can stand in between. The gateway is met through NGINX's binary, which the configuration names.
 */
export interface Edges {
  consul(connection: ConsulConnection): ConsulAccess;
  runtimes(options: RuntimesOptions): (policy: ServicePolicy['runtime']) => Runtime | null;
  journal(database: Database): JournalStore;
}

export const realEdges: Edges = {
  consul: (connection) => createConsul(connection),
  runtimes: createRuntimes,
  journal: (database) => new JournalStore(database),
};

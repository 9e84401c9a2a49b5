/** A server that edits and reloads a folder of configuration, as the engine does, and scores nothing. */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { configEndpoints } from '../../config/api.js';
import { Recorder, ServiceEditor, Versions } from '../../config/edit/index.js';
import { Reloader, ServiceMemo, type ServicePolicy } from '../../config/index.js';
import { requireConfiguration } from '../../config/required.js';
import { configurationEndpoints } from '../../engine/api/index.js';
import { systemClock } from '../../lib/clock.js';
import { serve } from '../../lib/http/endpoints.js';
import { createApp, listen } from '../../lib/http/server.js';
import { createLog } from '../../lib/log.js';

const log = createLog({ level: 'silent', name: 'test' });

export interface Editing {
  readonly url: string;
  readonly reloader: Reloader;
  readonly versions: Versions;
  /** What discovery found without a file. */
  found: readonly ServicePolicy[];
  /** What was asked with `?dry_run`. */
  readonly asked: unknown[];
  close(): Promise<void>;
}

export const startEditing = async (folder: string): Promise<Editing> => {
  const options = { env: {}, memo: new ServiceMemo() };
  const started = requireConfiguration(folder, options);
  const parts = { clock: systemClock, log };
  const reloader = new Reloader({
    ...parts,
    directory: folder,
    part: 'engine',
    options,
    started,
    apply: () => undefined,
  });
  const versions = new Versions({ ...parts, path: join(folder, 'data', 'versions.db') });
  const recorder = new Recorder(reloader, versions, systemClock);
  const editor = new ServiceEditor({ reloader, recorder });
  reloader.reload('start');
  const asked: unknown[] = [];
  const endpoints = configurationEndpoints({
    ...{ reloader, editor, recorder },
    policies: () => [...reloader.configuration.services.values(), ...editing.found],
    whatIf: async (service, candidate) => {
      asked.push([service, candidate?.metrics[0]?.critical ?? null]);
      return { looked: true };
    },
  });
  const app = createApp({
    ...{ log, name: 'test', version: '0', tokens: [], metrics: new Registry() },
    ready: () => ({ ready: true, why: 'a test' }),
    routes: (to) => serve(to, [...configEndpoints(reloader), ...endpoints]),
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const editing: Editing = {
    ...{ url: server.url, reloader, versions, found: [], asked },
    close: async () => {
      await server.close();
      versions.close();
    },
  };
  return editing;
};

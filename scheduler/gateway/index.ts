import type { GatewayConfig } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { NginxGateway } from './gateway.js';
import type { Gateway } from './types.js';

export type * from './types.js';
export { type Rendered, renderUpstreams, type Templates } from './render.js';
export { readTemplates } from './templates.js';

export interface NginxOptions {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked at the last moment before anything changes: a process that slept may have lost the lock unawares. By default always. */
  readonly mayChange?: () => boolean;
}

/** The NGINX of this machine as a gateway: files in `config.directory`, a reload, and a proof that it serves them. */
export const createNginx = ({ config, clock, log, mayChange = () => true }: NginxOptions): Gateway =>
  new NginxGateway(config, clock, log, mayChange);

import type { DesiredUpstream } from '../../../scheduler/gateway/index.js';
import type { Backend } from '../../support/backend.js';

export type DesiredServer = DesiredUpstream['servers'][number];

export const server = (instance: string, port: number, weight = 100, address = '127.0.0.1'): DesiredServer => ({
  instance,
  address,
  port,
  weight,
});

export const upstream = (
  name: string,
  servers: readonly DesiredServer[],
  more: Partial<DesiredUpstream> = {},
): DesiredUpstream => ({
  name,
  service: name,
  retries: true,
  connectTimeoutMs: 1_000,
  readTimeoutMs: 5_000,
  servers,
  ...more,
});

/** An upstream of real backends, each with its weight. */
export const backed = (name: string, weights: readonly (readonly [Backend, number])[]): DesiredUpstream =>
  upstream(
    name,
    weights.map(([backend, weight]) => server(backend.name, backend.port, weight)),
  );

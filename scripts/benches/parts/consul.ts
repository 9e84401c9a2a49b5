/** As much of Consul's HTTP API as the engine asks for: a catalog that never changes, answered as blocking queries are. */
import type { RequestListener } from 'node:http';

const index = 7;
const longestWaitMs = 60_000;

interface Registered {
  readonly id: string;
  readonly address: string;
}

const healthOf = (service: string, { id, address }: Registered, port: number) => ({
  Node: { Node: 'bench', Address: '127.0.0.1' },
  Service: { ID: id, Service: service, Address: address, Port: port, Tags: [], Meta: {}, ModifyIndex: index },
  Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
});

const waitOf = (text: string | null): number => {
  const found = /^(\d+)(ms|s|m)$/.exec(text ?? '');
  if (!found) return longestWaitMs;
  const unit = found[2] === 'ms' ? 1 : found[2] === 's' ? 1_000 : 60_000;
  return Math.min(longestWaitMs, Number(found[1]) * unit);
};

export const answerAsConsul = (service: string, instances: readonly Registered[], port: number): RequestListener => {
  const health = JSON.stringify(instances.map((instance) => healthOf(service, instance, port)));
  const bodyOf = (path: string): string => {
    if (path === `/v1/health/service/${service}`) return health;
    return path.startsWith('/v1/catalog/services') ? JSON.stringify({ [service]: [] }) : '[]';
  };
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://consul');
    const isKv = url.pathname.startsWith('/v1/kv/');
    const answer = (): void => {
      if (response.destroyed) return;
      response.writeHead(isKv ? 404 : 200, {
        'Content-Type': 'application/json',
        'X-Consul-Index': index,
        'X-Consul-LastContact': 0,
        'X-Consul-KnownLeader': 'true',
      });
      response.end(isKv ? '' : bodyOf(url.pathname));
    };
    const waits = Number(url.searchParams.get('index') ?? 0) === index;
    if (!waits) return answer();
    const timer = setTimeout(answer, waitOf(url.searchParams.get('wait')));
    response.once('close', () => clearTimeout(timer));
  };
};

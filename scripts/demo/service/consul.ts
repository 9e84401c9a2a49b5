/** The service's own entry in Consul, over the agent's HTTP API. */
export interface Registration {
  readonly consul: string;
  readonly service: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

const put = async (url: string, body: unknown): Promise<void> => {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(2_000),
  });
  if (!answer.ok) throw new Error(`Consul answered ${answer.status} to ${url}: ${(await answer.text()).slice(0, 200)}`);
};

/** Passing from the start (the port is open by then), so that a restart does not cost a check's interval. */
export const register = async ({ consul, service, id, host, port }: Registration): Promise<void> => {
  const url = new URL('/v1/agent/service/register', consul).href;
  const check = {
    Name: 'answers /health',
    HTTP: `http://${host}:${port}/health`,
    Interval: '1s',
    Timeout: '1s',
    Status: 'passing',
    // Long: a dead instance is to be seen and healed, not forgotten.
    DeregisterCriticalServiceAfter: '24h',
  };
  await put(url, { ID: id, Name: service, Address: host, Port: port, Meta: { demo: 'ballast' }, Check: check });
};

export const deregister = async ({ consul, id }: Registration): Promise<void> => {
  await put(new URL(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, consul).href, null);
};

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Backend {
  readonly name: string;
  readonly port: number;
  /** Requests answered so far. */
  readonly hits: () => number;
  stop(): Promise<void>;
}

/** A server behind the proxy that answers with its name, or as it is told. */
export const startBackend = async (
  name: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end(name),
): Promise<Backend> => {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    port: (server.address() as AddressInfo).port,
    hits: () => hits,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

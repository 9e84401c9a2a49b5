/** A real HTTP server that takes webhooks: it keeps what came, and answers as it is told. */
import { createServer } from 'node:http';

export interface Received {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Of the next answers; 200 once there are none. Null: it does not answer at all. */
  readonly answers: ({ readonly status: number; readonly headers?: Readonly<Record<string, string>> } | null)[];
  stop(): Promise<void>;
}

export const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const answers: Receiver['answers'] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', headers } = request;
      received.push({ method, headers, body: Buffer.concat(parts).toString('utf8') });
      const next = answers.length > 0 ? answers.shift() : { status: 200 };
      if (!next) return;
      response.writeHead(next.status, { ...next.headers });
      // Never ends: of an answer only the status counts.
      response.write('and so on');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook?key=1`,
    received,
    answers,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Mortal } from './mortal.js';

/** `POST containers/:id/stop`: without version and query. */
export const nameOf = (method: string, path: string): string => {
  const bare = path.replace(/\?.*$/, '').replace(/^\/(?:v[\d.]+\/)?/, '');
  return `${method} ${bare.replace(/\/[0-9a-f]{64}(?=\/|$)/, '/:id')}`;
};

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const readAll = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
};

const forward = async (socketPath: string, asked: IncomingMessage, body: Buffer): Promise<Reply> => {
  const sent = request({ socketPath, path: asked.url, method: asked.method, headers: asked.headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await readAll(answer) };
};

/** Docker's socket with a mortal before it: each request of the runtime is numbered. Resolves when it listens at `path`. */
export const dockerProxy = async (real: string, path: string, mortal: Mortal): Promise<void> => {
  const serve = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(asked);
    const name = nameOf(asked.method ?? '', asked.url ?? '');
    const reply = await mortal.meet(name, () => forward(real, asked, body));
    response.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const server = createServer((asked, response) => {
    serve(asked, response).catch(() => response.destroy());
  });
  // Whoever was killed here before has left its own.
  await rm(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
};

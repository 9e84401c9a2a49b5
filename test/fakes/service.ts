import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface Reply {
  readonly status?: number;
  readonly body: unknown;
  readonly type?: string;
}

export interface FakeService {
  readonly url: string;
  /** `METHOD path?query`, with the token that came along. */
  readonly asked: readonly { readonly request: string; readonly token: string | undefined; readonly body: unknown }[];
  stop(): Promise<void>;
}

/** By `METHOD /path`, without the query. */
export type Routes = Readonly<Record<string, (body: unknown, request: IncomingMessage) => Reply>>;

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? null : (JSON.parse(text) as unknown);
};

const problem = (status: number, detail: string): Reply => ({
  status,
  body: { type: 'urn:x', title: 'Error', status, detail, code: 'NOT_FOUND' },
});

/** An HTTP server that answers as told and fails on anything else; a thrown error is a 500 with its words. */
export const startFakeService = async (routes: Routes): Promise<FakeService> => {
  const asked: { request: string; token: string | undefined; body: unknown }[] = [];
  const answer = (request: IncomingMessage, body: unknown): Reply => {
    const { method = '', url = '' } = request;
    asked.push({ request: `${method} ${url}`, token: request.headers.authorization, body });
    const route = routes[`${method} ${url.split('?')[0] ?? ''}`];
    try {
      return route === undefined ? problem(404, `the fake does not serve ${method} ${url}`) : route(body, request);
    } catch (error) {
      return problem(500, String(error));
    }
  };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { status = 200, body: reply, type = 'application/json' } = answer(request, body);
      response.writeHead(status, { 'content-type': type });
      response.end(type === 'application/json' ? JSON.stringify(reply) : String(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** TCP ports of the loopback address that nobody listens on now. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const listen = async (port: number): Promise<Server> => {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return address.port;
};

/** All at once, so that none is given twice. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
};

/** The wanted port if it is free, else any. */
export const preferPort = async (wanted: number): Promise<number> => {
  try {
    await once((await listen(wanted)).close(), 'close');
    return wanted;
  } catch {
    const [any = 0] = await freePorts(1);
    return any;
  }
};

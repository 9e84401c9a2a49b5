/** TCP ports of the loopback address that nobody listens on now, and that no other run of ours takes meanwhile. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux (from 32,768) and macOS (from 49,152) give to whoever asks for any, outgoing connections too. */
const first = 10_240;
const last = 19_999;
/**
 * Between our look at a port and its program's start, seconds go by. Who takes a port holds the UDP port of the same number on
 * this address as long as it lives: others that look the same way pass on, no program that listens (on all addresses even) finds
 * it in its way, and a death leaves nothing behind.
 */
const claimsAt = '127.255.255.254';

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null);

/** False if somebody has it. A system whose loopback is one address only knows no claims, and a free port must do. */
const claim = async (port: number): Promise<boolean> => {
  const claimed = createSocket('udp4');
  claimed.unref();
  try {
    claimed.bind({ port, address: claimsAt, exclusive: true });
    await once(claimed, 'listening');
  } catch (error) {
    return codeOf(error) === 'EADDRNOTAVAIL' && (await isFree(port));
  }
  if (await isFree(port)) return true;
  claimed.close();
  return false;
};

/** So many, each for this process until its end. Rejects when the range is used up. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const size = last - first + 1;
  const start = randomInt(size);
  const ports: number[] = [];
  for (let step = 0; step < size && ports.length < count; step += 1) {
    const port = first + ((start + step) % size);
    if (await claim(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error(`only ${ports.length} of ${count} ports from ${first} to ${last} are free`);
  return ports;
};

/** The wanted port if it is free, else any. */
export const preferPort = async (wanted: number): Promise<number> => {
  if (await isFree(wanted)) return wanted;
  const [any = 0] = await freePorts(1);
  return any;
};

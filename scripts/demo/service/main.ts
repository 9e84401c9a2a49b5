/**
 * One instance of the demo fleet: serves, shows its metrics, registers itself in Consul and deregisters on SIGTERM.
 *   node main.js --service users --id users-1 --host 127.0.0.1 --port 9001 --consul http://127.0.0.1:8500
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { deregister, register } from './consul.js';
import { Faults } from './faulty.js';
import { createMetrics } from './metrics.js';
import { Noise } from './noise.js';
import { createService } from './server.js';

const memoryLimitBytes = 256 * 1024 * 1024;
const poolSize = 10;
/** How long requests in flight may take once it was told to stop; a hang would take for ever. */
const stopWithinMs = 1_500;
/** As if killed. A real SIGKILL to itself is ignored where it is the first process of a container. */
const crashStatus = 137;

/** Said here, and not by the library of all commands: the images in which this runs hold nothing else of Ballast. */
const misused = (mistake: string): never => {
  process.stderr.write(`${mistake}usage: --service NAME --id ID --port PORT --consul URL [--host ADDRESS]\n`);
  process.exit(64);
};
const typed = () => {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({ options: { service: option, id: option, host: option, port: option, consul: option } }).values;
  } catch (error) {
    return misused(`${error instanceof Error ? error.message : String(error)}\n`);
  }
};

const values = typed();
const { service = misused(''), id = misused(''), host = '127.0.0.1', consul = misused('') } = values;
const port = Number(values.port);
if (!Number.isInteger(port)) misused('');

const registration = { consul, service, id, host, port };
const metrics = createMetrics({ poolSize, memoryLimitBytes });
const faults = new Faults(memoryLimitBytes, () => process.exit(crashStatus));
const server = createService({ id, startedAt: Date.now(), metrics, faults, noise: new Noise() });

const stop = async (): Promise<void> => {
  await deregister(registration).catch((error: unknown) => process.stderr.write(`${id}: ${String(error)}\n`));
  server.close();
  server.closeIdleConnections();
  await Promise.race([once(server, 'close'), delay(stopWithinMs)]);
  process.exit(0);
};
process.once('SIGTERM', () => void stop());
// A Ctrl-C in the terminal is for whoever started the fleet.
process.on('SIGINT', () => undefined);

server.listen(port, host);
await once(server, 'listening');
for (;;) {
  const failed = await register(registration).then(() => null, String);
  if (failed === null) break;
  process.stderr.write(`${id}: not registered, trying again: ${failed}\n`);
  await delay(1_000);
}

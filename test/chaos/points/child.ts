/** `node child.js ORDERS`: a scheduler as the product assembles it, on a fast clock, with mortal edges. ORDERS is JSON. */
import { createLog } from '../../../lib/log.js';
import { runScheduler } from '../../../scheduler/main.js';
import { dockerProxy } from './docker-proxy.js';
import { mortalEdges } from './edges.js';
import { fastClock } from './fast-clock.js';
import { Mortal } from './mortal.js';
import { ordersSchema } from './orders.js';

const orders = ordersSchema.parse(JSON.parse(process.argv[2] ?? ''));
const mortal = new Mortal(orders.fate);
if (orders.docker) await dockerProxy(orders.docker.real, orders.docker.seen, mortal);
const scheduler = await runScheduler({
  configDirectory: orders.config,
  clock: fastClock(orders),
  log: createLog({ level: 'info', name: 'scheduler' }),
  edges: mortalEdges(mortal, orders),
});
process.once('SIGTERM', () => void scheduler.stop().then(() => process.exit(0)));

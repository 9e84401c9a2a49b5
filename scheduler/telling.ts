/** Notifications and heartbeat where they meet the rest: what they are told by, and who is told of them. */
import type { Configuration } from '../config/index.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Telling } from './api/notifications.js';
import type { toldSchema } from './client/index.js';
import { deliverOver } from './notify/deliver.js';
import { Heartbeat, type Pulse } from './notify/heartbeat.js';
import { Notifier } from './notify/notifier.js';
import { ToldStore } from './notify/told.js';
import type { KvMirror } from './world/mirror.js';

export interface TellingParts {
  readonly configuration: () => Configuration;
  readonly told: KvMirror<typeof toldSchema>;
  readonly pulse: () => Pulse;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
}

export interface Tells extends Telling {
  readonly notifier: Notifier;
  /** For `/-/ready`: what a person should know; it keeps nobody from its work. */
  readonly notes: () => readonly string[];
  run(signal: AbortSignal): Promise<unknown>;
}

export const createTelling = ({ configuration, told, pulse, clock, log, node }: TellingParts): Tells => {
  const deliver = deliverOver(clock);
  const address = (): string => {
    const { host, port } = configuration().ballast.scheduler.listen;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  };
  const notifier = new Notifier({
    config: () => configuration().ballast.notify,
    told: new ToldStore(told, clock, log),
    ...{ deliver, clock, log, node, address, random: Math.random },
  });
  const heartbeat = new Heartbeat({
    config: () => configuration().ballast.heartbeat,
    ...{ pulse, deliver, clock, log, node },
  });
  return {
    notifier,
    view: () => ({ ...notifier.view(), heartbeat: heartbeat.view() }),
    test: (webhook) => notifier.test(webhook),
    notes: () => [...notifier.troubles(), ...[heartbeat.problem()].filter((problem) => problem !== null)],
    run: (signal) => Promise.all([notifier.run(signal), heartbeat.run(signal)]),
  };
};

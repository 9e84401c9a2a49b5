/** A sign of life for somebody who misses it: sent only while the loop really turns. */
import type { HeartbeatConfig } from '../../config/index.js';
import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { pause } from '../../lib/loop.js';
import type { HeartbeatView } from '../client/index.js';
import type { Deliver } from './deliver.js';
import { hostOf } from './outbox.js';

/** How the loop is. */
export interface Pulse {
  /** Since the last turn that went through, on the monotonic clock; null: there was none. */
  readonly turnAgoMs: number | null;
  /** Null: it neither leads nor can it see who does. */
  readonly state: 'leader' | 'standby' | null;
  readonly why: string;
  /** More for the body. */
  readonly more: Readonly<Record<string, unknown>>;
}

export interface HeartbeatParts {
  readonly config: () => HeartbeatConfig | null;
  readonly pulse: () => Pulse;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
}

/** A turn may wait for Consul; one that takes longer than this is stuck. */
const turnsWithinMs = 60_000;
const lookMs = 1_000;
const retryMs = 5_000;

/** Why there is nothing to be glad of; null: it turns. */
const silence = ({ turnAgoMs, state, why }: Pulse): string | null => {
  if (turnAgoMs === null) return 'no turn went through yet';
  if (turnAgoMs > turnsWithinMs) return `the last turn that went through was ${Math.round(turnAgoMs / 1000)} s ago`;
  return state === null ? `it neither leads nor sees who does: ${why}` : null;
};

export class Heartbeat {
  private due = -Infinity;
  private lastSuccess: number | null = null;
  private trouble: string | null = null;

  constructor(private readonly parts: HeartbeatParts) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.parts;
    do {
      const wanted = config();
      if (wanted && clock.mono() >= this.due) {
        const sent = await this.beat(wanted, signal);
        this.due = clock.mono() + (sent ? wanted.everyMs : Math.min(retryMs, wanted.everyMs));
      }
    } while (await pause(clock, lookMs, signal));
  }

  /** Null: none is configured. */
  view(): HeartbeatView | null {
    const config = this.parts.config();
    if (!config) return null;
    return { host: hostOf(config.url), everyMs: config.everyMs, lastSuccess: this.lastSuccess, trouble: this.trouble };
  }

  /** Null, or what a person should know. */
  problem(): string | null {
    return this.parts.config() && this.trouble !== null ? `the heartbeat is not sent: ${this.trouble}` : null;
  }

  private async beat({ url, method, secret, headers }: HeartbeatConfig, signal: AbortSignal): Promise<boolean> {
    const { pulse, deliver, clock, node } = this.parts;
    const now = pulse();
    const silent = silence(now);
    if (silent !== null) return this.failed(silent);
    const at = new Date(clock.now()).toISOString();
    const { state, why, turnAgoMs, more } = now;
    const body = JSON.stringify({ version: 1, event: 'heartbeat', at, node, state, why, turnAgoMs, ...more });
    const delivery = await deliver({ url, method, secret, headers, body, id: `heartbeat/${node}/${at}` }, signal);
    if (signal.aborted) return false;
    if (delivery.kind !== 'delivered') return this.failed(delivery.text);
    if (this.trouble !== null) this.parts.log.info({}, 'the heartbeat is sent again');
    this.trouble = null;
    this.lastSuccess = clock.now();
    return true;
  }

  private failed(why: string): false {
    if (this.trouble === null) this.parts.log.warn({ why }, 'the heartbeat is not sent');
    this.trouble = why;
    return false;
  }
}

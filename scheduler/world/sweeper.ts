/** Takes out of Consul what people said and what has been over for long: the journal remembers it. */
import type { Clock } from '../../lib/clock.js';
import type { Lock } from '../../lib/consul/lock.js';
import { messageOf } from '../../lib/errors.js';
import type { Log } from '../../lib/log.js';
import { pause } from '../../lib/loop.js';
import type { Control, controlSchema } from '../client/index.js';
import type { KvMirror } from './mirror.js';

/** So long the same request, by its idempotency key, is still the same act; and "too late" is told from "never said". */
export const keptMs = 24 * 3_600_000;
const everyMs = 10 * 60_000;

export interface SweeperParts {
  readonly said: Pick<KvMirror<typeof controlSchema>, 'all' | 'get' | 'delete'>;
  readonly lock: Pick<Lock, 'state'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Epoch milliseconds; null: it holds until somebody takes it back. */
export const overAt = (control: Control): number | null =>
  control.kind === 'drain' && control.restored ? control.restored.at : control.until;

/** Works for the leader alone. What cannot be read is left to people. */
export class Sweeper {
  constructor(private readonly parts: SweeperParts) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.parts.clock, everyMs, signal);
      if (!signal.aborted) await this.sweep();
    }
  }

  /** Never rejects; the next one tries again. */
  async sweep(): Promise<void> {
    const { said, lock, log } = this.parts;
    for (const key of said.all().keys()) {
      // Looked at anew each time, right before it is deleted by its index: what somebody says meanwhile stays.
      if (!lock.state().held) return;
      if (!this.isLongOver(key)) continue;
      try {
        if (await said.delete(key)) log.info({ key }, 'what somebody said is long over: taken out of Consul');
      } catch (thrown) {
        log.warn({ key, err: messageOf(thrown) }, 'what is long over could not be taken out of Consul');
        return;
      }
    }
  }

  private isLongOver(key: string): boolean {
    const { said, clock } = this.parts;
    const entry = said.get(key);
    const at = entry.kind === 'value' ? overAt(entry.value) : null;
    return at !== null && clock.now() - at >= keptMs;
  }
}

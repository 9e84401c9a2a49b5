import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import type { controlSchema, Pause } from '../client/index.js';
import type { Journal } from '../journal/index.js';
import type { KvMirror } from '../world/mirror.js';

/** What people say, kept in Consul so that it holds for every scheduler, and written in the journal with their name. */
export class Controls {
  constructor(
    private readonly said: KvMirror<typeof controlSchema>,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  list(): readonly Pause[] {
    const now = this.clock.now();
    return [...this.said.all().values()].flatMap((entry) =>
      entry.kind === 'value' && entry.value.kind === 'pause' && (entry.value.until === null || entry.value.until > now)
        ? [entry.value]
        : [],
    );
  }

  async put(pause: Pause): Promise<void> {
    if (!(await inConsul(() => this.said.put(`pause/${pause.scope}`, pause))))
      throw new BallastError('CONFLICT', `somebody else changed the pause of ${pause.scope} just now`, {
        status: 409,
        hint: 'look, and say it again',
      });
    this.say(pause.scope, `${pause.author} paused healing of ${pause.scope}: ${pause.reason}`, { ...pause });
  }

  async remove(scope: string, author: string): Promise<boolean> {
    const removed = await inConsul(() => this.said.delete(`pause/${scope}`));
    if (removed) this.say(scope, `${author} ended the pause of ${scope}`, { author });
    return removed;
  }

  private say(scope: string, text: string, data: Record<string, unknown>): void {
    const [kind, service, ...instance] = scope.split('/');
    const line = {
      at: this.clock.now(),
      kind: 'human',
      action: null,
      code: 'PAUSED',
      text,
      token: null,
      data,
    } as const;
    this.journal.write([
      { ...line, service: service ?? null, instance: kind === 'instance' ? instance.join('/') : null },
    ]);
  }
}

/** While Consul is away nobody can be told; nothing is healed then either, as the controls cannot be read. */
export const inConsul = async <T>(write: () => Promise<T>): Promise<T> => {
  try {
    return await write();
  } catch (thrown) {
    throw new BallastError('CONSUL_UNAVAILABLE', `it could not be written to Consul: ${messageOf(thrown)}`, {
      status: 503,
      hint: 'try again once Consul answers; until then nothing is healed in any case',
      cause: thrown,
    });
  }
};

import type { Clock } from '../../lib/clock.js';
import { BallastError, messageOf } from '../../lib/errors.js';
import type { controlSchema, Maintenance, Mode, Pause, ReasonCode } from '../client/index.js';
import type { Journal } from '../journal/index.js';
import { untilText } from '../said.js';
import type { KvMirror } from '../world/mirror.js';

/** What is said of everything, a service or an instance. */
type Scoped = Pause | Maintenance | Mode;
type Kind = Scoped['kind'];
type Of<K extends Kind> = Extract<Scoped, { kind: K }>;

/** How each kind is told: who began it, and who ended it. */
const words: Readonly<Record<Kind, { readonly noun: string; readonly code: ReasonCode | null }>> = {
  pause: { noun: 'pause', code: 'PAUSED' },
  maintenance: { noun: 'maintenance', code: 'MAINTENANCE' },
  mode: { noun: 'mode', code: null },
};

const beginning = (control: Scoped): string => {
  const { author, scope, reason, until } = control;
  const end = until === null ? '' : ` ${untilText(until, '')}`;
  switch (control.kind) {
    case 'pause':
      return `${author} paused healing of ${scope}${end}: ${reason}`;
    case 'maintenance':
      return `${author} put ${scope} into maintenance${end}: ${reason}`;
    case 'mode':
      return `${author} set the mode of ${scope} to ${control.heal}${end}: ${reason}`;
  }
};

/** What people say, kept in Consul so that it holds for every scheduler, and written in the journal with their name. */
export class Controls {
  constructor(
    private readonly said: KvMirror<typeof controlSchema>,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  list(): readonly Pause[] {
    return this.of('pause');
  }

  /** Those of one kind that are in force. */
  of<K extends Kind>(kind: K): readonly Of<K>[] {
    const now = this.clock.now();
    return [...this.said.all().values()].flatMap((entry) =>
      entry.kind === 'value' && isOf(entry.value, kind) && (entry.value.until === null || entry.value.until > now)
        ? [entry.value]
        : [],
    );
  }

  async put(control: Scoped): Promise<void> {
    const { kind, scope } = control;
    if (!(await inConsul(() => this.said.put(`${kind}/${scope}`, control))))
      throw new BallastError('CONFLICT', `somebody else changed the ${words[kind].noun} of ${scope} just now`, {
        status: 409,
        hint: 'look, and say it again',
      });
    this.say(kind, scope, beginning(control), { ...control });
  }

  remove(scope: string, author: string): Promise<boolean> {
    return this.end('pause', scope, author);
  }

  /** False: there was none. */
  async end(kind: Kind, scope: string, author: string): Promise<boolean> {
    const removed = await inConsul(() => this.said.delete(`${kind}/${scope}`));
    if (removed) this.say(kind, scope, `${author} ended the ${words[kind].noun} of ${scope}`, { author });
    return removed;
  }

  private say(kind: Kind, scope: string, text: string, data: Record<string, unknown>): void {
    const [of, service, ...instance] = scope.split('/');
    this.journal.write([
      {
        at: this.clock.now(),
        kind: 'human',
        service: service ?? null,
        instance: of === 'instance' ? instance.join('/') : null,
        action: null,
        code: words[kind].code,
        text,
        token: null,
        data,
      },
    ]);
  }
}

const isOf = <K extends Kind>(control: { readonly kind: string }, kind: K): control is Of<K> => control.kind === kind;

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

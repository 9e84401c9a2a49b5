/** What may happen at one call of a process to the world outside. */
export type Blow =
  /** Killed just before it, and just after it was sent: then it is carried out, and nobody hears the answer. */
  | 'dies before'
  | 'dies after'
  /** The process lives; the call does not get through, or only its answer is lost. */
  | 'fails before'
  | 'fails after';

export const blows: readonly Blow[] = ['dies before', 'dies after', 'fails before', 'fails after'];

const never = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * Every call of one process to the world outside goes through here and is numbered. At one of them, at most, the blow falls.
 * A dead process makes no call and hears no answer any more.
 */
export class Fate {
  /** What was called since the count began, in order. */
  readonly calls: string[] = [];
  dead = false;
  private counting = false;

  constructor(
    private readonly at: number,
    private readonly blow: Blow,
    private readonly onDeath: () => void,
  ) {}

  /** From here on calls are counted. */
  begin(): void {
    this.counting = true;
  }

  async meet<T>(name: string, call: () => Promise<T>, failed: () => Promise<T> = timedOut): Promise<T> {
    if (this.dead) return never();
    switch (this.strikes(name)) {
      case null: {
        const answer = await call();
        return this.dead ? never() : answer;
      }
      case 'dies before':
        this.die();
        return never();
      case 'dies after':
        this.die();
        await call();
        return never();
      case 'fails before':
        return failed();
      case 'fails after':
        await call();
        return failed();
    }
  }

  /** For calls that have no answer, or one at once. */
  meetNow<T>(name: string, call: () => T): T {
    if (this.dead) throw new Error('it is dead');
    switch (this.strikes(name)) {
      case null:
        return call();
      case 'dies before':
        this.die();
        throw new Error('it is dead');
      case 'dies after':
        call();
        this.die();
        throw new Error('it is dead');
      // What is local is not half done: it fails as a whole.
      case 'fails before':
      case 'fails after':
        throw new Error('the disk is full');
    }
  }

  private strikes(name: string): Blow | null {
    if (!this.counting) return null;
    this.calls.push(name);
    return this.calls.length - 1 === this.at ? this.blow : null;
  }

  private die(): void {
    this.dead = true;
    this.onDeath();
  }
}

const timedOut = (): Promise<never> => Promise.reject(new Error('timed out'));

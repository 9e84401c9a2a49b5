/** What may happen at one call of a process to the world outside. */
export type Blow =
  /** Killed just before it, and just after it was sent: then it is carried out, and nobody hears the answer. */
  | 'dies before'
  | 'dies after'
  /** The process lives; the call does not get through, or only its answer is lost. */
  | 'fails before'
  | 'fails after'
  /** Stopped just before it or just after it was sent, and woken when somebody else leads. */
  | 'sleeps before'
  | 'sleeps after';

const never = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * Every call of one process to the world outside goes through here and is numbered. At one of them, at most, the blow falls.
 * A dead process makes no call and hears no answer any more.
 */
export class Fate {
  /** What was called since the count began, in order. */
  readonly calls: string[] = [];
  dead = false;
  asleep = false;
  private rise: () => void = () => undefined;
  private morning: Promise<void> = Promise.resolve();
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
    await this.morning;
    if (this.dead) return never();
    switch (this.strikes(name)) {
      case null:
        return this.heard(call());
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
      case 'sleeps before':
        this.fallAsleep();
        await this.morning;
        return this.heard(call());
      case 'sleeps after':
        this.fallAsleep();
        return this.heard(call());
    }
  }

  /** Resolves at once for who is awake. */
  awake(): Promise<void> {
    return this.morning;
  }

  wake(): void {
    this.asleep = false;
    this.rise();
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
      // It sleeps as soon as it would have to wait for something.
      case 'sleeps before':
      case 'sleeps after':
        this.fallAsleep();
        return call();
    }
  }

  private async heard<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    await this.morning;
    return this.dead ? never() : value;
  }

  private fallAsleep(): void {
    this.asleep = true;
    this.morning = new Promise((resolve) => {
      this.rise = resolve;
    });
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

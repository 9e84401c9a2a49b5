interface Closable {
  close(): Promise<void>;
}

/** What is set up now, so that an interruption takes it down too, even half set up. */
export class Stages {
  private readonly open = new Set<Promise<Closable>>();

  /** Sets it up, plays on it, and takes it down, whatever happens. */
  async on<S extends Closable, T>(raise: () => Promise<S>, play: (stage: S) => Promise<T>): Promise<T> {
    const raising = raise();
    this.open.add(raising);
    try {
      const stage = await raising;
      return await play(stage).finally(() => stage.close());
    } finally {
      this.open.delete(raising);
    }
  }

  async clear(): Promise<void> {
    for (const raising of this.open) await raising.then((stage) => stage.close()).catch(() => undefined);
  }
}

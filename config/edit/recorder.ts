/** Keeps as a version whatever came into force, by whatever way: over HTTP in somebody's name, by hand as `file`. */
import type { Clock } from '../../lib/clock.js';
import { BallastError } from '../../lib/errors.js';
import type { Reloader } from '../reload.js';
import { hashOf, type Version, type Versions } from './versions.js';

/** Author of what was found in the files. */
const byHand = 'file';

/** A text that is about to come into force, null: its file is removed, and in whose name. */
export interface Announced {
  readonly service: string;
  readonly text: string | null;
  readonly author: string;
  readonly reason: string | null;
}

export class Recorder {
  /** Hash of the newest version of every service, null for one that was removed; null: not read yet. */
  #known: Map<string, string | null> | null = null;
  #announced: Announced | null = null;

  constructor(
    private readonly reloader: Reloader,
    private readonly versions: Versions,
    private readonly clock: Clock,
  ) {
    reloader.onGood(() => this.record());
  }

  /** Until the answer is called, that text comes into force in that name, by whatever way it is seen. */
  announce(announced: Announced): () => void {
    this.#announced = announced;
    return () => {
      this.#announced = null;
    };
  }

  latest(service: string): Version | null {
    return this.versions.latest(service);
  }

  list(service: string, limit: number): readonly Version[] {
    return this.versions.list(service, limit);
  }

  version(service: string, version: number): Version {
    const found = this.versions.get(service, version);
    if (found) return found;
    const latest = this.versions.latest(service);
    throw new BallastError('VERSION_NOT_FOUND', `service ${service} has no version ${version}`, {
      status: 404,
      hint: latest ? `it has 1 to ${latest.version}` : 'none of it was ever in force here',
    });
  }

  /** What cannot be recorded now is, with the next change: the texts of before are still in the files. */
  record(): void {
    try {
      const known = (this.#known ??= new Map(
        this.versions.all().map(({ service, text, hash }) => [service, text === null ? null : hash]),
      ));
      const inForce = this.reloader.texts;
      for (const [service, { file, text }] of inForce) this.#note(known, service, file, text);
      for (const [service, hash] of known)
        if (hash !== null && !inForce.has(service))
          this.#note(known, service, this.versions.latest(service)?.file ?? '', null);
    } catch (error) {
      if (!(error instanceof BallastError)) throw error;
      this.#known = null;
    }
  }

  #note(known: Map<string, string | null>, service: string, file: string, text: string | null): void {
    const hash = text === null ? null : hashOf(text);
    if (known.get(service) === hash) return;
    const announced = this.#announced;
    const isTheirs = announced?.service === service && announced.text === text;
    const { author, reason } = isTheirs ? announced : { author: byHand, reason: null };
    this.versions.append({ service, at: this.clock.now(), author, reason, file, text });
    known.set(service, hash);
  }
}

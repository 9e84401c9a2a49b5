import type { Clock } from '../../lib/clock.js';
import type { GatewayView } from '../client/index.js';
import { type Manifest, servedBy } from './manifest.js';

type Attempt = NonNullable<GatewayView['last']>;

/** What NGINX serves, and with which servers. */
export interface Served {
  readonly revision: string;
  /** Null: its folder has none, or a broken one: what it serves is unknown. */
  readonly manifest: Manifest | null;
}

/** Of a gateway that was not looked at yet. */
export const nothingKnown: GatewayView = {
  revision: null,
  provenAt: null,
  servers: {},
  coming: null,
  last: null,
  reloads: 0,
  failures: 0,
};

/** What others may see of the gateway, and who wants to be told. */
export class Board {
  #view: GatewayView = nothingKnown;
  #served: Served | null = null;
  readonly #listeners: ((view: GatewayView) => void)[] = [];

  constructor(private readonly clock: Clock) {}

  get view(): GatewayView {
    return this.#view;
  }

  /** Null: unknown. */
  get served(): Served | null {
    return this.#served;
  }

  listen(listener: (view: GatewayView) => void): void {
    this.#listeners.push(listener);
  }

  serves(served: Served): void {
    this.#served = served;
    const servers = served.manifest ? servedBy(served.manifest) : {};
    this.#view = { ...this.#view, revision: served.revision, provenAt: this.clock.now(), servers };
  }

  /** Not announced: whoever asks whether an instance is out must know of it, nobody need be woken. */
  comes(servers: GatewayView['servers'] | null): void {
    this.#view = { ...this.#view, coming: servers };
  }

  /** What is served is not known any more. */
  forget(): void {
    this.#served = null;
    this.#view = { ...this.#view, revision: null, provenAt: null, servers: {} };
  }

  /** It was looked at again, and nothing is new. */
  confirm(): void {
    if (this.#served !== null) this.#view = { ...this.#view, provenAt: this.clock.now() };
  }

  countReload(): void {
    this.#view = { ...this.#view, reloads: this.#view.reloads + 1 };
  }

  /** How an attempt, or a look, ended. */
  tell(attempt: Omit<Attempt, 'at'>): void {
    const failures = this.#view.failures + (attempt.ok ? 0 : 1);
    this.#view = { ...this.#view, failures, last: { at: this.clock.now(), ...attempt } };
    this.announce();
  }

  announce(): void {
    for (const listener of this.#listeners) listener(this.#view);
  }
}

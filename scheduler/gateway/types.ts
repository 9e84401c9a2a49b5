import type { GatewayView } from '../client/index.js';

/** One upstream as it should be served. Weight 0: out of rotation. Never without any server of weight > 0 unless `servers` is empty. */
export interface DesiredUpstream {
  readonly name: string;
  readonly service: string;
  readonly retries: boolean;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly servers: readonly {
    readonly instance: string;
    readonly address: string;
    readonly port: number;
    readonly weight: number;
  }[];
}

/**
 * The proxy in front. `submit` replaces what is wanted, at any rate; the gateway itself gathers, spends its reload budget,
 * applies and proves. A failure is data in the view; it never throws and never replaces a good configuration.
 */
export interface Gateway {
  submit(desired: readonly DesiredUpstream[]): void;
  /** Forgets what is wanted and not yet applied: whoever lost the lock changes nothing any more. */
  hold(): void;
  /** What is served now, proven. On start it is read back from the gateway itself; `servers` is empty until then. */
  view(): GatewayView;
  /** The text of one upstream as it was last rendered, for people; null: never rendered. */
  rendered(upstream: string): string | null;
  /** Called after each attempt, good or bad. */
  onChange(listener: (view: GatewayView) => void): void;
  run(signal: AbortSignal): Promise<void>;
}

import type { DiscoveryView } from './board.js';

export interface ReadinessInputs {
  /** Consul answered anything since the start. */
  readonly answered: boolean;
  /** Ready before: a service that was added since is no reason to be it no more. */
  readonly was: boolean;
  readonly services: readonly {
    readonly service: string;
    readonly discovery: DiscoveryView;
    /** When its first list came; null: not yet. */
    readonly firstListAt: number | null;
    readonly windowMs: number;
  }[];
  /** What is wrong without keeping scores from being made. */
  readonly troubles: readonly string[];
}

export interface Readiness {
  readonly ready: boolean;
  readonly why: string;
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

const pendingOf = ({ answered, services }: ReadinessInputs, now: number): string | null => {
  const waiting = services.filter(({ firstListAt }) => firstListAt === null);
  const [first] = waiting;
  if (first) return `no list yet of ${waiting.map(({ service }) => service).join(', ')}: ${first.discovery.why}`;
  if (!answered) return 'Consul has not answered yet';
  const left = Math.max(0, ...services.map(({ firstListAt, windowMs }) => (firstListAt ?? now) + windowMs - now));
  return left > 0 ? `the first scoring window is over in ${seconds(left)}` : null;
};

/** Ready once Consul answered, each service had its first list, and a scoring window has passed since; and from then on. */
export const readiness = (inputs: ReadinessInputs, now: number): Readiness => {
  const { was, services, troubles } = inputs;
  const pending = pendingOf(inputs, now);
  if (pending !== null && !was) return { ready: false, why: [pending, ...troubles].join('; ') };
  const held = services
    .filter(({ discovery }) => discovery.state === 'held')
    .map(({ service, discovery }) => `${service}: ${discovery.why}`);
  const notes = [...(pending === null ? [] : [pending]), ...held, ...troubles];
  return { ready: true, why: notes.length > 0 ? notes.join('; ') : 'all services are discovered and scored' };
};

import type { DiscoveryView } from './board.js';

export interface ReadinessInputs {
  /** Consul answered anything since the start. */
  readonly answered: boolean;
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

/** Ready once Consul answered, each service had its first list, and a scoring window has passed since. */
export const readiness = ({ answered, services, troubles }: ReadinessInputs, now: number): Readiness => {
  const waiting = services.filter(({ firstListAt }) => firstListAt === null);
  if (!answered || waiting.length > 0) {
    const first = waiting[0];
    const what = first
      ? `no list yet of ${waiting.map(({ service }) => service).join(', ')}: ${first.discovery.why}`
      : 'Consul has not answered yet';
    return { ready: false, why: [what, ...troubles].join('; ') };
  }
  const left = Math.max(0, ...services.map(({ firstListAt, windowMs }) => (firstListAt ?? now) + windowMs - now));
  if (left > 0)
    return { ready: false, why: [`the first scoring window is over in ${seconds(left)}`, ...troubles].join('; ') };
  const held = services
    .filter(({ discovery }) => discovery.state === 'held')
    .map(({ service, discovery }) => `${service}: ${discovery.why}`);
  const notes = [...held, ...troubles];
  return { ready: true, why: notes.length > 0 ? notes.join('; ') : 'all services are discovered and scored' };
};

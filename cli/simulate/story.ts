/**
 * What befalls a simulated fleet: a list of incidents, as plain data. A story is drawn from a seed (`tell.ts`), or written
 * by hand; the same story and seed always end the same. Times are milliseconds since the story's start.
 */

/** What ends a fault besides its time: a restart of the process, or nothing (a restart does not help). */
export type Cure = 'restart' | 'none';

interface Lasting {
  readonly from: number;
  readonly to: number;
}

/** Of one service: all of its instances, or those at these places. */
export interface Where {
  readonly service: number;
  readonly instances: 'all' | readonly number[];
}

interface OnInstances extends Lasting {
  readonly on: Where;
}

/** A fault of processes, seen by clients, by metrics, or both. */
export type Fault =
  /** A share of the requests fails. */
  | (OnInstances & { readonly kind: 'errors'; readonly share: number; readonly cure: Cure })
  /** The same, in turns: on for so long, off for so long. */
  | (OnInstances & {
      readonly kind: 'flapping';
      readonly share: number;
      readonly onMs: number;
      readonly offMs: number;
      readonly cure: Cure;
    })
  /** A metric that is read by a query goes bad: `level` 0 is good, 1 critical. It creeps there over `risesMs`. */
  | (OnInstances & {
      readonly kind: 'metric';
      readonly metric: string;
      readonly level: number;
      readonly risesMs: number;
      readonly cure: Cure;
    })
  /** Requests are taken and never answered; the metrics page is. */
  | (OnInstances & { readonly kind: 'hang'; readonly cure: Cure })
  /** The process is gone until somebody starts it; at `to` somebody does. */
  | (OnInstances & { readonly kind: 'crash' })
  /** The pages speak of errors that no client sees. */
  | (OnInstances & { readonly kind: 'liar'; readonly share: number; readonly cure: Cure });

/** The engine's sight of instances, not the instances. */
export type Sight =
  /** Scrapes that do not come back. */
  | (OnInstances & { readonly kind: 'lost-scrapes'; readonly share: number })
  /** Pages that come, and say the same as before. */
  | (OnInstances & { readonly kind: 'stuck-page' })
  /** Pages that come, and have nothing on them. */
  | (OnInstances & { readonly kind: 'empty-page' })
  /** Every metric jitters by so much of its band. */
  | (OnInstances & { readonly kind: 'noise'; readonly level: number })
  | (OnInstances & { readonly kind: 'consul-check'; readonly status: 'warning' | 'critical' | 'maintenance' });

/** One instance of each service fails a share of its requests: something that all of them use is broken. */
export type Outage = Lasting & {
  readonly kind: 'outage';
  /** The place of the instance in its service. */
  readonly at: number;
  readonly share: number;
};

export type Surroundings =
  | (Lasting & { readonly kind: 'load'; readonly service: number; readonly factor: number })
  | (Lasting & { readonly kind: 'base-errors'; readonly service: number; readonly share: number })
  /** Each instance in turn is replaced by a new one under a new id, one every `everyMs`. */
  | (Lasting & { readonly kind: 'deploy'; readonly service: number; readonly everyMs: number })
  /** The catalog forgets a share of a service's instances, and remembers them at the end. */
  | (Lasting & { readonly kind: 'catalog-loses'; readonly service: number; readonly share: number });

/** Of a process that is stopped the monotonic clock goes on; that of a suspended machine stands still. */
export type Fate = 'die' | 'sleep' | 'suspend';

export type ControlTrouble =
  | (Lasting & { readonly kind: 'consul-silent' })
  | (Lasting & { readonly kind: 'engine-stopped' })
  /** Killed after so many calls of an act, and started again at the end. */
  | (Lasting & { readonly kind: 'leader-dies'; readonly afterCalls: number })
  /** Stopped after so many calls of an act, and woken at the end, to go on where it stood. */
  | (Lasting & { readonly kind: 'leader-sleeps'; readonly afterCalls: number })
  /**
   * As soon as it next writes or does something for an action, and so many calls of that went through, the leader is killed, or
   * stopped, or its machine is suspended with its clock; it is back after `forMs`.
   */
  | (Lasting & {
      readonly kind: 'leader-struck';
      readonly afterCalls: number;
      readonly then: Fate;
      readonly forMs: number;
    })
  /** Writes to Consul fail, or are carried out and not answered. */
  | (Lasting & { readonly kind: 'writes-fail'; readonly share: number; readonly carriedOut: boolean })
  | (Lasting & { readonly kind: 'runtime-fails' })
  | (Lasting & { readonly kind: 'runtime-slow'; readonly byMs: number })
  /** The runtime cannot be asked, or names two processes. */
  | (Lasting & { readonly kind: 'runtime-unsure'; readonly how: 'unreadable' | 'ambiguous' })
  | (Lasting & { readonly kind: 'gateway-refuses' })
  /**
   * Somebody deletes the leader's key, when an action has just begun: another leads at once, without the lock's delay, and goes
   * on with it before the deposed one learns of it.
   */
  | (Lasting & { readonly kind: 'lock-taken' })
  /** Somebody starts a second container under the same name, when an action has just begun, and takes it away at the end. */
  | (Lasting & { readonly kind: 'twin-started' })
  /** Somebody puts the ledger together by hand, and the action that has just begun stands in it twice. */
  | (Lasting & { readonly kind: 'ledger-doubled' });

/** What a person says for a while. */
export type Spoken =
  | (Lasting & { readonly kind: 'pause'; readonly scope: 'all' | number })
  | (Lasting & { readonly kind: 'maintenance'; readonly scope: 'all' | number })
  /** What Ballast may do by itself for a service is lowered. */
  | (Lasting & { readonly kind: 'mode'; readonly scope: number; readonly heal: 'observe' | 'suggest' });

/** What a person wants done to one instance, and asks for until it is granted: taken out of rotation, or a step. */
export type ByHand = Lasting & {
  readonly kind: 'drain' | 'gentle' | 'restart' | 'replace';
  readonly scope: number;
  /** The place of the instance, or whoever is worst then. */
  readonly at: number | 'worst';
  readonly forced: boolean;
  /** Of an order: taken back at the end, if nobody has begun it. A drain always is. */
  readonly withdrawn: boolean;
};

export type Incident = Fault | Sight | Outage | Surroundings | ControlTrouble | Spoken | ByHand;

export interface Story {
  readonly seed: number;
  /** Nothing befalls the fleet after this. */
  readonly endsAt: number;
  readonly incidents: readonly Incident[];
}

const faults: ReadonlySet<Incident['kind']> = new Set(['errors', 'flapping', 'metric', 'hang', 'crash', 'liar']);

export const isFault = (incident: Incident): incident is Fault => faults.has(incident.kind);

const spoken: ReadonlySet<Incident['kind']> = new Set(['pause', 'maintenance', 'mode']);

export const isSpoken = (incident: Incident): incident is Spoken => spoken.has(incident.kind);

const byHand: ReadonlySet<Incident['kind']> = new Set(['drain', 'gentle', 'restart', 'replace']);

export const isByHand = (incident: Incident): incident is ByHand => byHand.has(incident.kind);

/** Time since the story began. */
export const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

const whereText = ({ service, instances }: Where): string =>
  `service ${service + 1}, ${instances === 'all' ? 'all instances' : `instance ${instances.map((at) => at + 1).join(', ')}`}`;

/** One line for a person; times since the start. */
export const incidentText = (incident: Incident): string => {
  const { kind, from, to, ...rest } = incident;
  const details = Object.entries(rest)
    .map(([name, value]) => (name === 'on' ? whereText(value as Where) : `${name} ${String(value)}`))
    .join(', ');
  return `${clockText(from)}-${clockText(to)} ${kind}${details === '' ? '' : `: ${details}`}`;
};

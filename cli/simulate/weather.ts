/** What the incidents of a story make of the fleet at each moment. */
import type { ConsulStatus } from '../../engine/client/index.js';
import { isFault, type Fault, type Incident, type Outage, type Sight, type Where } from './story.js';
import { type Condition, type Process, well } from './process.js';
import type { SimService } from './service.js';

type OnSome = Fault | Sight;

const isOnSome = (incident: Incident): incident is OnSome => 'on' in incident;

/** An incident that goes on, with its place in the story. */
export interface Active {
  readonly nth: number;
  readonly incident: Incident;
}

export interface Change {
  readonly began: readonly Active[];
  readonly ended: readonly Active[];
}

/** The processes that an incident is about; places are counted by birth. */
export const targetsOf = (service: SimService | undefined, { instances }: Where): readonly Process[] => {
  const all = [...(service?.processes.values() ?? [])];
  return instances === 'all' ? all : instances.flatMap((at) => all[at] ?? []);
};

const none: readonly Active[] = [];
const noChange: Change = { began: none, ended: none };

export class Weather {
  active: readonly Active[] = [];
  private upcoming: readonly Active[];
  /** When the next incident begins or ends. */
  private nextAt = -Infinity;
  /** Some process's condition was set, and must be taken back. */
  private isDark = false;

  constructor(incidents: readonly Incident[]) {
    this.upcoming = incidents.map((incident, nth) => ({ nth, incident }));
  }

  /** Moves on to `at`, in milliseconds since the story's start. */
  turn(at: number): Change {
    if (at < this.nextAt) return noChange;
    const began = this.upcoming.filter(({ incident }) => incident.from <= at);
    const ended = this.active.filter(({ incident }) => incident.to <= at);
    if (began.length > 0) this.upcoming = this.upcoming.filter(({ incident }) => incident.from > at);
    if (began.length > 0 || ended.length > 0)
      this.active = [...this.active.filter(({ incident }) => incident.to > at), ...began];
    this.nextAt = Math.min(
      ...this.upcoming.map(({ incident }) => incident.from),
      ...this.active.map(({ incident }) => incident.to),
    );
    return { began, ended };
  }

  /** Sets every process's condition. */
  apply(services: readonly SimService[], at: number): void {
    if (this.active.length === 0 && !this.isDark) return;
    this.isDark = this.active.length > 0;
    const some = this.active.filter((one): one is Active & { incident: OnSome } => isOnSome(one.incident));
    const outages = this.active.flatMap(({ incident }) => (incident.kind === 'outage' ? [incident] : []));
    for (const [nth, service] of services.entries()) {
      for (const process of service.processes.values()) process.condition = well;
      for (const outage of outages)
        for (const process of targetsOf(service, { service: nth, instances: [outage.at] }))
          process.condition = { ...process.condition, errors: Math.max(process.condition.errors, outage.share) };
      for (const { nth: id, incident } of some) {
        if (incident.on.service !== nth) continue;
        for (const process of targetsOf(service, incident.on))
          if (!process.cured.has(id)) process.condition = worse(process.condition, incident, at);
      }
    }
  }

  /** The faults that a process suffers from now. */
  faultsOf(service: number, process: Process, services: readonly SimService[]): readonly (Fault | Outage)[] {
    return this.active.flatMap((active) => faultIn(active, service, process, services[service]) ?? []);
  }

  /** Whether there is any: asked of everyone at every step. */
  isFaulty(service: number, process: Process, services: readonly SimService[]): boolean {
    for (const active of this.active) if (faultIn(active, service, process, services[service]) !== null) return true;
    return false;
  }

  /** A restart mends what a restart can mend. */
  cure(service: number, process: Process, services: readonly SimService[]): void {
    for (const { nth, incident } of this.active)
      if (
        isFault(incident) &&
        'cure' in incident &&
        incident.cure === 'restart' &&
        incident.on.service === service &&
        targetsOf(services[service], incident.on).includes(process)
      )
        process.cured.add(nth);
  }
}

const faultIn = (
  { nth, incident }: Active,
  nthService: number,
  process: Process,
  service: SimService | undefined,
): Fault | Outage | null => {
  if (incident.kind === 'outage') return isAt(service, process, incident.at) ? incident : null;
  if (!isFault(incident) || incident.on.service !== nthService || process.cured.has(nth)) return null;
  const { instances } = incident.on;
  return instances === 'all' || instances.some((at) => isAt(service, process, at)) ? incident : null;
};

const isAt = (service: SimService | undefined, process: Process, at: number): boolean => {
  let nth = 0;
  for (const each of service?.processes.values() ?? []) if (nth++ === at) return each === process;
  return false;
};

const severity: Readonly<Record<ConsulStatus, number>> = { passing: 0, warning: 1, critical: 2, maintenance: 3 };

const worse = (before: Condition, incident: OnSome, at: number): Condition => {
  switch (incident.kind) {
    case 'errors':
      return { ...before, errors: Math.max(before.errors, incident.share) };
    case 'flapping': {
      const isOn = (at - incident.from) % (incident.onMs + incident.offMs) < incident.onMs;
      return isOn ? { ...before, errors: Math.max(before.errors, incident.share) } : before;
    }
    case 'metric': {
      const risen = incident.risesMs === 0 ? 1 : Math.min(1, (at - incident.from) / incident.risesMs);
      return { ...before, levels: new Map(before.levels).set(incident.metric, incident.level * risen) };
    }
    case 'hang':
      return { ...before, hangs: true };
    case 'crash':
      return { ...before, crashed: true };
    case 'liar':
      return { ...before, lies: incident.share };
    case 'lost-scrapes':
      return { ...before, lostScrapes: Math.max(before.lostScrapes, incident.share) };
    case 'stuck-page':
      return { ...before, stuck: true };
    case 'empty-page':
      return { ...before, empty: true };
    case 'noise':
      return { ...before, noise: Math.max(before.noise, incident.level) };
    case 'consul-check':
      return severity[incident.status] > severity[before.consul] ? { ...before, consul: incident.status } : before;
  }
};

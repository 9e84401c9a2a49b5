/** What incidents do besides making instances ill: to the surroundings, and to those who are in control. */
import type { InstanceId } from '../../config/index.js';
import { scoringWindowMs } from '../../config/index.js';
import { type Ground, SimScheduler } from './scheduler.js';
import type { SimService } from './service.js';
import { speak } from './spoken.js';
import type { Acts } from './acts.js';
import { type ControlTrouble, type Incident, isByHand, isSpoken, type Surroundings } from './story.js';
import { targetsOf } from './weather.js';

type Meddling = 'lock-taken' | 'ledger-doubled' | 'twin-started';

/** A blow that waits for its moment, or whose victim is to come back. */
interface Struck {
  readonly incident: Extract<ControlTrouble, { kind: 'leader-struck' }>;
  victim: SimScheduler | null;
}

interface Deploy {
  readonly service: SimService;
  readonly everyMs: number;
  readonly left: InstanceId[];
  nextAt: number;
}

export class Troubles {
  schedulers: readonly SimScheduler[];
  private deploys: readonly Deploy[] = [];
  private engineStartedAt = -Infinity;
  private now: number;
  private readonly struck: Struck[] = [];
  /** What somebody does by hand as soon as its moment has come. */
  private waiting: readonly Meddling[] = [];

  constructor(
    private readonly ground: Ground,
    private readonly acts: Acts,
    now: number,
    private readonly tell: (line: string) => void,
  ) {
    this.now = now;
    this.schedulers = [new SimScheduler(ground), new SimScheduler(ground)];
  }

  /** The engine has watched one full scoring window since it was last started. */
  engineIsReady(now: number): boolean {
    const windows = this.ground.services.map(({ policy }) => scoringWindowMs(policy.scrape.intervalMs));
    return now - this.engineStartedAt >= Math.max(...windows);
  }

  begin(incident: Incident, now: number): void {
    this.now = now;
    this.tell(`begins: ${incident.kind}`);
    if (incident.kind !== 'crash') return this.turn(incident, true);
    for (const process of targetsOf(this.ground.services[incident.on.service], incident.on)) process.stop();
  }

  /** Of a crash: somebody starts what nobody has started by then. */
  end(incident: Incident, now: number): void {
    this.now = now;
    this.tell(`is over: ${incident.kind}`);
    if (incident.kind !== 'crash') return this.turn(incident, false);
    for (const process of targetsOf(this.ground.services[incident.on.service], incident.on))
      if (!process.alive && !process.stepping) process.start(now);
  }

  private turn(incident: Incident, isOn: boolean): void {
    if ('on' in incident || incident.kind === 'outage') return;
    if (isByHand(incident)) {
      if (isOn) this.acts.begin(incident, this.now);
      else this.ground.said = this.acts.end(incident, this.ground.said, this.now);
    } else if (isSpoken(incident))
      this.ground.said = speak(this.ground.said, incident, { ...this.ground, now: this.now, isOn });
    else if ('service' in incident) this.surroundings(incident, isOn);
    else this.control(incident, isOn);
  }

  private surroundings(incident: Surroundings, isOn: boolean): void {
    const service = this.ground.services[incident.service];
    if (!service) return;
    if (incident.kind === 'load') service.load = service.usualLoad * (isOn ? incident.factor : 1);
    else if (incident.kind === 'base-errors') service.baseErrors = isOn ? incident.share : 0;
    else if (incident.kind === 'catalog-loses') {
      const ids = [...service.processes.keys()];
      service.hidden = new Set(isOn ? ids.slice(0, Math.ceil(ids.length * incident.share)) : []);
    } else if (isOn) {
      const { everyMs } = incident;
      this.deploys = [...this.deploys, { service, everyMs, left: [...service.processes.keys()], nextAt: this.now }];
    }
  }

  private control(incident: ControlTrouble, isOn: boolean): void {
    const { ground } = this;
    switch (incident.kind) {
      case 'consul-silent':
        ground.consul.silent = isOn;
        return;
      case 'engine-stopped':
        return this.engine(isOn);
      case 'leader-dies':
      case 'leader-sleeps':
        return this.leader(incident, isOn);
      case 'leader-struck':
        return this.threaten(incident, isOn);
      case 'writes-fail':
        ground.consul.trouble = isOn ? incident : null;
        return;
      case 'runtime-fails':
        ground.runtime.fails = isOn;
        return;
      case 'runtime-slow':
        ground.runtime.slowByMs = isOn ? incident.byMs : 0;
        return;
      case 'runtime-unsure':
        ground.runtime.unsure = isOn ? { how: incident.how, since: this.now } : null;
        return;
      case 'gateway-refuses':
        ground.gateway.refuses = isOn;
        return;
      case 'lock-taken':
      case 'ledger-doubled':
      case 'twin-started':
        if (!isOn && incident.kind === 'twin-started') ground.runtime.unsure = null;
        this.waiting = this.waiting.filter((one) => one !== incident.kind);
        if (isOn) this.waiting = [...this.waiting, incident.kind];
        return;
    }
  }

  /** At its end whoever was struck is back. */
  private threaten(incident: Struck['incident'], isOn: boolean): void {
    if (isOn) {
      this.struck.push({ incident, victim: null });
      return;
    }
    const at = this.struck.findIndex((one) => one.incident === incident);
    const [struck] = at < 0 ? [] : this.struck.splice(at, 1);
    if (struck?.victim) this.revive(struck.victim);
  }

  private engine(isStopped: boolean): void {
    this.ground.engineAnswers = !isStopped;
    if (isStopped) return;
    this.engineStartedAt = this.now;
    for (const service of this.ground.services) service.restartEngine(this.now);
  }

  /** Whoever leads; or whoever is down, at its end. */
  private leader(
    { kind, afterCalls }: Extract<ControlTrouble, { kind: 'leader-dies' | 'leader-sleeps' }>,
    isOn: boolean,
  ): void {
    const then = kind === 'leader-dies' ? 'die' : 'sleep';
    if (isOn) return this.schedulers.find(({ leads }) => leads)?.strike({ afterCalls, then, inAct: false });
    for (const scheduler of this.schedulers) this.revive(scheduler);
  }

  private revive(victim: SimScheduler): void {
    victim.wake(this.now);
    if (!this.schedulers.includes(victim)) return;
    // Heard last, so that what it still does is seen for a moment.
    const others = this.schedulers.filter((one) => one !== victim);
    this.schedulers = [...others, victim.alive ? victim : victim.reborn()];
  }

  /** Whoever leads is threatened until somebody was struck; who was comes back in time. */
  private strike(struck: Struck): void {
    const { afterCalls, then, forMs } = struck.incident;
    const { victim } = struck;
    if (victim?.struckAt !== null && victim !== null) {
      if (this.now - victim.struckAt < forMs) return;
      this.revive(victim);
      this.struck.splice(this.struck.indexOf(struck), 1);
    } else if (victim?.isThreatened !== true || !victim.leads) {
      victim?.strike(null);
      struck.victim =
        this.schedulers.find(({ leads, isAwake, isThreatened }) => leads && isAwake && !isThreatened) ?? null;
      if (struck.victim === null) return;
      struck.victim.struckAt = null;
      struck.victim.strike({ afterCalls, then, inAct: true });
    }
  }

  /** What waits for its moment. */
  goOn(now: number): void {
    this.deploy(now);
    for (const struck of [...this.struck]) this.strike(struck);
    if (this.waiting.length > 0) this.waiting = this.waiting.filter((kind) => !this.meddle(kind));
  }

  /** Somebody's hand, at the worst moment; false: it has not come. */
  private meddle(kind: Meddling): boolean {
    const { consul, services } = this.ground;
    if (kind === 'ledger-doubled') return services.some(({ policy }) => consul.doubleAction(policy.service));
    if (!services.some(({ policy }) => consul.hasIntent(policy.service))) return false;
    if (kind === 'twin-started') {
      this.ground.runtime.unsure = { how: 'ambiguous', since: this.now };
      return true;
    }
    consul.deleteLock();
    // Whoever does not lead is quicker.
    this.schedulers = [...this.schedulers].sort((a, b) => Number(a.leads) - Number(b.leads));
    return true;
  }

  /** The next instance of a rolling deployment: a new one comes, an old one goes. */
  private deploy(now: number): void {
    this.now = now;
    for (const deploy of this.deploys) {
      if (deploy.nextAt > this.now) continue;
      deploy.nextAt = this.now + deploy.everyMs;
      const old = deploy.left.shift();
      if (old === undefined) continue;
      const { id } = deploy.service.add(this.now, this.now);
      deploy.service.remove(old);
      this.tell(`${old} is replaced by ${id}`);
    }
    this.deploys = this.deploys.filter(({ left }) => left.length > 0);
  }
}

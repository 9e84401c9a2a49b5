import type { InstanceId } from '../../config/index.js';
import type { InstanceScore, RotationMark, Zone } from '../../engine/client/index.js';
import { errorRatio, typicalScore } from './world.js';
import { instanceScore } from './scores.js';

/** `errors`: half of the requests fail, seen only while there are some. `leak`: seen always. `slow`: lowers, never red. */
export type Fault = 'none' | 'errors' | 'leak' | 'slow';

const rank: Readonly<Record<Zone, number>> = { unknown: -1, green: 0, yellow: 1, red: 2 };
const blackoutMs = 20_000;

/** One process as the world has it, and the engine's memory of it: the zone's damping by counts, held evidence, marks. */
export class FakeInstance {
  fault: Fault = 'none';
  /** The fault outlives a restart. */
  stubborn = false;
  /** A gentle step mends it. */
  meek = false;
  /** Another one in its place is well, however stubborn this one is. */
  replaceable = false;
  container = 1;
  alive = true;
  /** Scraped, or not. */
  seen = true;
  listed = true;
  consul: InstanceScore['consul'] = 'passing';
  pid = 1;
  startedAt: number;
  requests = 0;
  private mark: RotationMark | undefined;
  private zone: Zone = 'green';
  private zoneSince: number;
  private streak: InstanceScore['streak'];
  private run: { zone: Zone; count: number } = { zone: 'green', count: 0 };
  private trafficSince: number;
  private lastTraffic: Zone = 'green';
  private upSince: number;
  private wasAlive = true;
  private blackoutUntil = -Infinity;
  private scored: InstanceScore | null = null;

  constructor(
    readonly service: string,
    readonly id: InstanceId,
    readonly port: number,
    now: number,
    private readonly joinedAt: number | null,
  ) {
    this.startedAt = now - 60_000;
    this.zoneSince = this.trafficSince = this.upSince = now;
    this.streak = { zone: 'green', count: 0, since: now };
    if (joinedAt !== null) this.renew(now);
  }

  /** A new process under the old id. */
  restart(now: number): void {
    this.pid += 1;
    this.startedAt = now;
    this.alive = true;
    if (!this.stubborn) this.fault = 'none';
  }

  score(): InstanceScore | null {
    return this.scored;
  }

  /** One evaluation, `served` while it takes traffic. */
  evaluate(now: number, mark: RotationMark | undefined, served: boolean, peersMedianPenalty: number): void {
    if (!this.seen) return;
    this.follow(mark, now);
    if (this.scored !== null && this.scored.processStartedAt !== this.startedAt) this.renew(now);
    if (this.wasAlive !== this.alive) this.upSince = now;
    this.wasAlive = this.alive;
    const own = this.ownZone(now, served);
    this.streak =
      this.streak.zone === own && this.streak.count > 0
        ? { ...this.streak, count: this.streak.count + 1 }
        : { zone: own, count: 1, since: now };
    this.damp(own, now);
    this.scored = this.say(now, own, peersMedianPenalty);
  }

  private follow(mark: RotationMark | undefined, now: number): void {
    if (!mark || (this.mark?.state === mark.state && this.mark.since === mark.since)) return;
    this.mark = mark;
    this.streak = { zone: 'unknown', count: 0, since: now };
    if (mark.state === 'fresh') this.renew(now);
    if (mark.state === 'out') return;
    this.requests = 0;
    this.trafficSince = mark.since;
    this.lastTraffic = 'green';
  }

  private renew(now: number): void {
    this.blackoutUntil = now + blackoutMs;
    this.zone = 'unknown';
    this.zoneSince = now;
    this.lastTraffic = 'green';
    this.streak = { zone: 'unknown', count: 0, since: now };
  }

  private ownZone(now: number, served: boolean): Zone {
    if (!this.alive) return 'red';
    if (now < this.blackoutUntil) return 'unknown';
    if (this.mark?.state !== 'out' && served)
      this.lastTraffic = this.fault === 'errors' ? 'red' : this.fault === 'slow' ? 'yellow' : 'green';
    if (this.fault === 'leak') return 'red';
    return this.lastTraffic;
  }

  /** Worse after three in a row, better after two; red is left only for green. */
  private damp(own: Zone, now: number): void {
    const better = rank[own] < rank[this.zone];
    const direct = own === 'unknown' || this.zone === 'unknown';
    if (own === this.zone || (this.zone === 'red' && own === 'yellow')) {
      this.run = { zone: own, count: 0 };
      return;
    }
    this.run = this.run.zone === own ? { zone: own, count: this.run.count + 1 } : { zone: own, count: 1 };
    if (!direct && this.run.count < (better ? 2 : 3)) return;
    this.zone = own;
    this.zoneSince = now;
    this.run = { zone: own, count: 0 };
  }

  private say(now: number, own: Zone, peersMedianPenalty: number): InstanceScore {
    const score = typicalScore[own];
    const cause = { ...errorRatio, peersMedianPenalty };
    const leak = { ...cause, name: 'memory', source: 'query', traffic: false } as const;
    return instanceScore({
      service: this.service,
      instance: this.id,
      node: `node-of-${this.id}`,
      port: this.port,
      consul: this.consul,
      zone: this.zone,
      zoneSince: this.zoneSince,
      why: `${this.zone}: score ${score ?? 'unknown'}`,
      score,
      smoothed: score,
      up: {
        state: this.alive ? 'up' : 'down',
        since: this.upSince,
        why: this.alive ? 'answers' : 'connection refused',
        by: this.alive ? 'answer' : 'refusal',
      },
      at: now,
      evaluation: (this.scored?.evaluation ?? 0) + 1,
      streak: this.streak,
      joinedAt: this.joinedAt,
      blackout: now < this.blackoutUntil,
      traffic: { requests: Math.floor(this.requests), since: this.trafficSince },
      inFlight: 0,
      processStartedAt: this.startedAt,
      causes: own === 'red' ? [this.fault === 'leak' ? leak : cause] : [],
      intervalMs: 1_000,
    });
  }
}

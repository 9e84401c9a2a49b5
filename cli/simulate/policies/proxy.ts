/** A proxy between clients and instances: which attempt goes where is a balancer's choice, the rest is the same for all. */
import type { Chance } from '../chance.js';
import type { Attempt, Backend } from './backend.js';
import { mayTryAgain, type Draws, type Ending, type Request, type RetryRule } from './requests.js';

/** Who chooses. */
export interface Balancer {
  readonly retry: RetryRule;
  /** Catalog and configuration, as whoever looks after them would write them: at once. */
  use(servers: readonly Backend[]): void;
  /** Null: nobody is left whom it would ask. */
  pick(tried: readonly Backend[], now: number): Backend | null;
  ended(server: Backend, ending: Ending, now: number): void;
  /** Called every 100 ms. */
  tick(now: number): void;
  /** 0..1: how much of a full share this one is given now. */
  shareOf(server: Backend, now: number): number;
  readonly reloads: number;
}

export const tickMs = 10;
/** Longer than any attempt takes. */
const slots = 1_024;
/** Answered later than this, a request counts as slow. */
const slowMs = 1_000;
const idempotentShare = 0.7;

interface UnderWay {
  readonly request: Request;
  readonly server: Backend;
  readonly attempt: Attempt;
  readonly pid: number;
}

export class Proxy {
  requests = 0;
  errors = 0;
  slow = 0;
  private readonly wheel: UnderWay[][] = Array.from({ length: slots }, () => []);
  private turn = 0;
  private carry = 0;

  constructor(
    private readonly balancer: Balancer,
    /** Of the requests: the same for every balancer. */
    private readonly arrivals: Chance,
    private readonly servers: () => number,
  ) {}

  /** One tick: what is due ends, what comes begins. */
  step(perSecond: number, now: number): void {
    this.turn = (this.turn + 1) % slots;
    const due = this.wheel[this.turn] ?? [];
    if (due.length > 0) {
      this.wheel[this.turn] = [];
      for (const one of due) this.end(one, now);
    }
    this.carry += (perSecond * tickMs) / 1_000;
    // Spread evenly but for a jitter: bursts are not what is looked at here.
    const count = Math.floor(this.carry + this.arrivals.next());
    this.carry -= count;
    for (let nth = 0; nth < count; nth++) this.send(this.arrive(now), now);
  }

  private arrive(now: number): Request {
    this.requests += 1;
    const { arrivals } = this;
    const draws = (): Draws => ({ time: arrivals.next(), base: arrivals.next(), fault: arrivals.next() });
    return { at: now, idempotent: arrivals.next() < idempotentShare, draws: [draws(), draws()], tried: [] };
  }

  private send(request: Request, now: number): void {
    const server = this.balancer.pick(request.tried, now);
    if (server === null) {
      this.errors += 1;
      return;
    }
    const [first, second] = request.draws;
    const attempt = server.attempt(request.tried.length === 0 ? first : second, now);
    request.tried.push(server);
    server.begin();
    const slot = (this.turn + Math.max(1, Math.round(attempt.afterMs / tickMs))) % slots;
    this.wheel[slot]?.push({ request, server, attempt, pid: server.process.pid });
  }

  private end({ request, server, attempt, pid }: UnderWay, now: number): void {
    const ending = server.end(attempt, pid);
    this.balancer.ended(server, ending, now);
    if (ending === 'answered') {
      if (now - request.at >= slowMs) this.slow += 1;
    } else if (mayTryAgain(request, ending, this.balancer.retry, this.servers())) this.send(request, now);
    else this.errors += 1;
  }
}

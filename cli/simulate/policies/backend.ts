/** One instance as requests meet it. What its pages say of them stands in its process, which the engine's side reads. */
import type { Process } from '../process.js';
import { coldMs } from './conditions.js';
import type { FaultName } from './faults.js';
import { Histogram } from './histogram.js';
import { type Draws, type Ending, unsent } from './requests.js';

/** As our template sets them; for every policy alike. */
export const connectTimeoutMs = 1_000;
export const readTimeoutMs = 5_000;

/** An answer takes this long at least, and that much more on average. */
const leastMs = 10;
const moreMs = 20;
/** While its caches are cold. */
const coldMoreMs = 600;
const grayMoreMs = 300;
const latencyMoreMs = 1_000;

export interface Attempt {
  readonly ending: Ending;
  readonly afterMs: number;
}

export class Backend {
  fault: FaultName = 'none';
  /** Fails whatever it is asked. */
  spiking = false;
  baseErrors = 0;
  /** Connections that the proxy has to it. */
  conns = 0;
  /** Until then nobody can know yet that its fault is over. */
  faultyUntil = -Infinity;
  readonly times = new Histogram();

  constructor(readonly process: Process) {}

  get isCutOff(): boolean {
    return this.fault === 'partition' || this.fault === 'unreachable';
  }

  /** Nothing is wrong with it: it should be given its share. */
  get isWell(): boolean {
    return this.fault === 'none' && !this.spiking && this.process.alive;
  }

  attempt({ time, base, fault }: Draws, now: number): Attempt {
    if (this.isCutOff) return { ending: 'unconnected', afterMs: connectTimeoutMs };
    if (!this.process.alive) return { ending: 'refused', afterMs: 1 };
    if (this.fault === 'hang') return { ending: 'unanswered', afterMs: readTimeoutMs };
    const ill = fault < 0.5;
    const fails = this.spiking || base < this.baseErrors || (ill && (this.fault === 'errors' || this.fault === 'gray'));
    const cold = now - this.process.startedAt < coldMs ? coldMoreMs : 0;
    const more = this.fault === 'latency' ? latencyMoreMs : this.fault === 'gray' && ill ? grayMoreMs : 0;
    return { ending: fails ? 'failed' : 'answered', afterMs: leastMs - moreMs * Math.log(1 - time) + cold + more };
  }

  begin(): void {
    this.conns += 1;
    this.noteInFlight();
  }

  /** The process that it was sent to may be another by now: then it ended with it. */
  end({ ending, afterMs }: Attempt, pid: number): Ending {
    this.conns -= 1;
    const { process } = this;
    const isGone = process.pid !== pid || !process.alive;
    const said = isGone && !unsent.has(ending) ? 'broken' : ending;
    this.noteInFlight();
    if (said === 'answered') process.good += 1;
    else if (said === 'failed') process.bad += 1;
    if (said === 'answered' || said === 'failed') this.times.add(afterMs);
    return said;
  }

  /** As its own page says; whom nobody reaches has nothing in flight. */
  private noteInFlight(): void {
    if (this.process.alive) this.process.inFlight = this.isCutOff ? 0 : this.conns;
  }
}

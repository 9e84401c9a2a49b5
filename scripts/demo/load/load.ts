/**
 * Clients that do not wait for each other: requests start at their time whether or not earlier ones were answered, as
 * strangers on the Internet do. Nothing is tried again.
 */
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { countKinds, summarise, type Method, type Request, type Seen, type WindowSummary } from './tally.js';

export interface LoadOptions {
  /** One is asked after the other. */
  readonly urls: readonly string[];
  readonly perSecond: number;
  /** Share of GET; the others are POST. */
  readonly gets: number;
  readonly timeoutMs: number;
  /**
   * `fresh`: each request comes from somebody else, over a connection of its own. `kept`: connections are used again, and
   * NGINX before 1.27.4 closes the idle ones at a reload: a request that is just on its way into one is lost. Browsers
   * send a GET again then; these clients do not.
   */
  readonly connections: 'fresh' | 'kept';
}

export type Window = 'before' | 'during' | 'after';

const tickMs = 5;

/** Spreads the GETs evenly: of any ten in a row, seven with a share of 0.7. */
export const methodOf = (nth: number, gets: number): Method =>
  Math.floor((nth + 1) * gets) > Math.floor(nth * gets) ? 'GET' : 'POST';

export class Load {
  private readonly agent: Agent;
  private readonly windows: Record<Window, Request[]> = { before: [], during: [], after: [] };
  private readonly inFlight = new Set<Promise<void>>();
  private window: Window = 'before';
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: LoadOptions) {
    this.agent = new Agent({ keepAlive: options.connections === 'kept' });
  }

  start(): void {
    const startedAt = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * this.options.perSecond);
      const nth = sent;
      sent = due;
      // After the poll for news of the sockets: a connection that the server has closed by now is not used any more.
      setImmediate(() => {
        if (this.timer) for (let next = nth; next < due; next++) this.send(next);
      });
    }, tickMs);
  }

  /** Requests that start from now on count for this window. */
  enter(window: Window): void {
    this.window = window;
  }

  summary(window: Window): WindowSummary {
    return summarise(this.windows[window]);
  }

  kinds(window: Window): Readonly<Record<string, number>> {
    return countKinds(this.windows[window]);
  }

  /** Requests whose connection broke, in all windows. */
  broken(): number {
    return Object.values(this.windows)
      .flat()
      .filter(({ seen }) => seen.kind === 'broken').length;
  }

  /** What was seen since the last call, and forgets it: for a load without an end. */
  take(): WindowSummary {
    return summarise(this.windows[this.window].splice(0));
  }

  /** No new requests; resolves when the last one was answered or given up, or when `patienceMs` is over. */
  async stop(patienceMs = this.options.timeoutMs): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await Promise.race([Promise.all(this.inFlight), delay(patienceMs, undefined, { ref: false })]);
    this.agent.destroy();
  }

  private send(nth: number): void {
    const url = this.options.urls[nth % this.options.urls.length];
    if (url === undefined) return;
    const method = methodOf(nth, this.options.gets);
    const requests = this.windows[this.window];
    const startedAt = performance.now();
    const done = this.ask(url, method).then((seen) => {
      requests.push({ method, ms: performance.now() - startedAt, seen });
      this.inFlight.delete(done);
    });
    this.inFlight.add(done);
  }

  private ask(url: string, method: Method): Promise<Seen> {
    return new Promise((resolve) => {
      const body = method === 'POST' ? '{"demo":true}' : '';
      const headers = method === 'POST' ? { 'content-type': 'application/json', 'content-length': body.length } : {};
      const asked = request(url, { method, agent: this.agent, headers });
      const deadline = setTimeout(() => {
        resolve({ kind: 'timeout' });
        asked.destroy();
      }, this.options.timeoutMs);
      const finish = (seen: Seen): void => {
        clearTimeout(deadline);
        resolve(seen);
      };
      const broken = (error: NodeJS.ErrnoException): void =>
        finish({ kind: 'broken', why: error.code ?? error.message, reused: asked.reusedSocket });
      asked.once('error', broken);
      asked.once('response', (answer) => {
        answer.once('error', broken);
        answer.once('end', () => finish({ kind: 'answer', status: answer.statusCode ?? 0 }));
        answer.resume();
      });
      asked.end(body);
    });
  }
}

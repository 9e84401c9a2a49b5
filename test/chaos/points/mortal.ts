/** The process that is to die: it numbers its calls to the world outside, and dies at one of them. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Before the call was made, or after it had its effect and before its answer was heard. */
export const moments = ['before', 'after'] as const;
export type Moment = (typeof moments)[number];

/** One call: in which phase of the action, which, and the how manieth of its kind there. */
export interface Point {
  readonly call: string;
  readonly moment: Moment;
}

/**
 * What runner, scheduler and the wrapper around NGINX's binary tell each other, as files in one folder: `begun` (from here on
 * calls are counted), `phase` (last written to the ledger), `calls` (one line each), `doom` (where to die).
 */
export const fateFiles = { begun: 'begun', phase: 'phase', calls: 'calls', doom: 'doom' } as const;

export const doomText = ({ call, moment }: Point): string => `${moment} ${call}\n`;

export class Mortal {
  private readonly doom: string | null;
  private readonly counts = new Map<string, number>();
  private phase = 'none';

  constructor(private readonly folder: string) {
    const path = join(folder, fateFiles.doom);
    this.doom = existsSync(path) ? readFileSync(path, 'utf8') : null;
  }

  /** From the next call on the action is in that phase. */
  enters(phase: string): void {
    if (phase === this.phase) return;
    this.phase = phase;
    writeFileSync(join(this.folder, fateFiles.phase), phase);
  }

  async meet<T>(name: string, call: () => Promise<T>): Promise<T> {
    const point = this.numbered(name);
    this.die('before', point);
    const answer = await call();
    this.die('after', point);
    return answer;
  }

  meetNow<T>(name: string, call: () => T): T {
    const point = this.numbered(name);
    this.die('before', point);
    const answer = call();
    this.die('after', point);
    return answer;
  }

  /** For what begins at once after this returns, and goes on by itself. */
  meetStart(name: string): void {
    const point = this.numbered(name);
    this.die('before', point);
    setImmediate(() => this.die('after', point));
  }

  private numbered(name: string): string | null {
    if (!existsSync(join(this.folder, fateFiles.begun))) return null;
    const kind = `${this.phase}: ${name}`;
    const nth = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, nth);
    const point = `${kind} #${nth}`;
    appendFileSync(join(this.folder, fateFiles.calls), `${point}\n`);
    return point;
  }

  private die(moment: Moment, call: string | null): void {
    if (call !== null && this.doom === doomText({ call, moment })) process.kill(process.pid, 'SIGKILL');
  }
}

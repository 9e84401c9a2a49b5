import { rm, writeFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Watcher } from '../../../scripts/demo/story/watcher.js';
import { answersWell } from '../../../scripts/demo/environment/poll.js';
import { eventually } from '../../support/eventually.js';
import { Program } from '../../support/stage/program.js';
import { fateOf, type Ground } from './ground.js';
import { doomText, fateFiles, type Point } from './mortal.js';
import type { Orders } from './orders.js';

const childProgram = join(dirname(fileURLToPath(import.meta.url)), 'child.js');
const leaderSchema = z.object({ leader: z.boolean(), token: z.number().nullable() });

/** One scheduler of a play: its process, and what is seen of it. */
export class Seat {
  readonly watcher: Watcher;
  readonly program: Program;
  readonly fate: string;

  private constructor(
    readonly name: string,
    readonly directory: string,
    readonly url: string,
    ground: Ground,
    docker: Orders['docker'],
  ) {
    this.fate = fateOf(directory);
    const orders: Orders = { config: directory, fate: this.fate, ...ground.pace, docker };
    const log = join(directory, 'scheduler.log');
    this.program = new Program(name, process.execPath, [childProgram, JSON.stringify(orders)], log);
    this.watcher = new Watcher(ground.engineUrl, url, new AbortController().signal);
  }

  static async make(ground: Ground, name: string): Promise<Seat> {
    const { directory, url } = await ground.seat(name);
    return new Seat(name, directory, url, ground, ground.dockerFor(directory));
  }

  /** Resolves when it answers. A point: where it will die. */
  async start(doom: Point | null): Promise<void> {
    for (const file of [fateFiles.begun, fateFiles.phase, fateFiles.calls, fateFiles.doom])
      await rm(join(this.fate, file), { force: true });
    mkdirSync(this.fate, { recursive: true });
    if (doom) await writeFile(join(this.fate, fateFiles.doom), doomText(doom));
    this.program.start();
    await eventually(() => answersWell(`${this.url}/-/healthy`), { timeoutMs: 30_000 }).catch((error: unknown) => {
      throw new Error(`${this.name} does not answer: ${this.program.lastWords()}`, { cause: error });
    });
  }

  /** From now on its calls are numbered. */
  begin(): Promise<void> {
    return writeFile(join(this.fate, fateFiles.begun), '');
  }

  async leads(): Promise<boolean> {
    return leaderSchema.parse(await (await fetch(`${this.url}/v1/leader`)).json()).leader;
  }
}

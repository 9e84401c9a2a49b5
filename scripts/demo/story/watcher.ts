/** What the engine and the scheduler publish, asked over and over; and who answers at the instance's own address. */
import { z } from 'zod';
import { createEngineClient, type Zone } from '../../../engine/client/index.js';
import { createClient, type HttpClient } from '../../../lib/http/client.js';
import {
  actionSchema,
  instanceViewSchema,
  journalEntrySchema,
  type Action,
  type InstanceView,
  type JournalEntry,
} from '../../../scheduler/client/index.js';
import type { Member } from '../fleet/roster.js';

const timeoutMs = 2_000;
const upstreamSchema = z.object({ reloads: z.number(), failures: z.number() });
const healthSchema = z.object({ startedAt: z.string() });

export class Watcher {
  private readonly scheduler: HttpClient;
  private readonly engine: ReturnType<typeof createEngineClient>;

  constructor(
    engineUrl: string,
    schedulerUrl: string,
    private readonly signal: AbortSignal,
  ) {
    this.engine = createEngineClient(createClient({ baseUrl: engineUrl, timeoutMs }));
    this.scheduler = createClient({ baseUrl: schedulerUrl, timeoutMs });
  }

  /** Zones by instance, as the engine says. */
  async zones(): Promise<ReadonlyMap<string, Zone>> {
    const { value } = await this.engine.scores(null, this.signal);
    return new Map(
      value.services.flatMap(({ instances }) => instances.map(({ instance, zone }) => [instance, zone] as const)),
    );
  }

  async instances(): Promise<readonly InstanceView[]> {
    const schema = z.object({ instances: z.array(instanceViewSchema) });
    return (await this.scheduler.get('/v1/instances', schema, { signal: this.signal })).value.instances;
  }

  async actions(): Promise<readonly Action[]> {
    const schema = z.object({ actions: z.array(actionSchema) });
    return (await this.scheduler.get('/v1/actions', schema, { signal: this.signal })).value.actions;
  }

  /** Lines after that sequence number, oldest first. */
  async journal(after: number): Promise<readonly JournalEntry[]> {
    const schema = z.object({ entries: z.array(journalEntrySchema) });
    const { value } = await this.scheduler.get('/v1/journal', schema, {
      signal: this.signal,
      query: { after, limit: 1000 },
    });
    return [...value.entries].filter(({ seq }) => seq > after).sort((a, b) => a.seq - b.seq);
  }

  async gateway(upstream: string): Promise<z.infer<typeof upstreamSchema>> {
    return (await this.scheduler.get(`/v1/upstreams/${upstream}`, upstreamSchema, { signal: this.signal })).value;
  }
}

/** Start time of the process that answers at that address; null: nobody does. */
export const processAt = async ({ host, port }: Member): Promise<string | null> => {
  try {
    const answer = await fetch(`http://${host}:${port}/health`, {
      signal: AbortSignal.timeout(1_000),
      headers: { connection: 'close' },
    });
    return healthSchema.parse(await answer.json()).startedAt;
  } catch {
    return null;
  }
};

/** Switches a fault on, or all of them off (`none`). A process that dies of it does not answer. */
export const setFault = async ({ host, port }: Pick<Member, 'host' | 'port'>, fault: string): Promise<void> => {
  const asked = fetch(`http://${host}:${port}/fault/${fault}`, { method: 'POST', signal: AbortSignal.timeout(3_000) });
  if (fault === 'crash') {
    await asked.catch(() => undefined);
    return;
  }
  const answer = await asked;
  if (!answer.ok) throw new Error(`${host}:${port} refused the fault ${fault}: ${answer.status}`);
};

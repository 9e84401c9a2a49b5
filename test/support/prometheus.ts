import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryOf } from '../../scripts/demo/environment/binaries.js';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

export interface RunningPrometheus {
  readonly url: string;
  /** The value of a query's only element; undefined: there is none, or are several. */
  ask(query: string): Promise<number | undefined>;
  /** All that its API says about a query at one time (epoch seconds). */
  answer(query: string, atSeconds: number): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** Samples are [epoch seconds, number as text]. */
export type ApiAnswer =
  { readonly status: 'error'; readonly error: string } | { readonly status: 'success'; readonly data: ApiData };

type ApiSample = readonly [number, string];

export type ApiData =
  | { readonly resultType: 'scalar'; readonly result: ApiSample }
  | { readonly resultType: 'vector'; readonly result: readonly { metric: Record<string, string>; value: ApiSample }[] }
  | {
      readonly resultType: 'matrix';
      readonly result: readonly { metric: Record<string, string>; values: ApiSample[] }[];
    };

/**
 * Debian's Prometheus, scraping these host:port three times a second, gone with this process at the latest. `self`: it
 * scrapes itself as well.
 */
export const startPrometheus = async (
  others: readonly string[],
  { self = false }: { readonly self?: boolean } = {},
): Promise<RunningPrometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-prometheus-'));
  const port = await freePort();
  const targets = [...others, ...(self ? [`127.0.0.1:${port}`] : [])];
  const job = { job_name: 'fleet', static_configs: [{ targets }] };
  writeFileSync(join(folder, 'p.yml'), JSON.stringify({ global: { scrape_interval: '300ms' }, scrape_configs: [job] }));
  const process_: ChildProcess = spawn(
    binaryOf('prometheus'),
    [
      `--config.file=${join(folder, 'p.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  let broken: Error | null = null;
  process_.once('error', (error) => (broken = error));
  const atExit = (): void => void process_.kill('SIGKILL');
  process.once('exit', atExit);
  const url = `http://127.0.0.1:${port}`;
  const ask = async (query: string): Promise<number | undefined> => {
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.length === 1 ? Number(data.result[0]?.value[1]) : undefined;
  };
  const answer = async (query: string, atSeconds: number): Promise<ApiAnswer> => {
    const body = new URLSearchParams({ query, time: String(atSeconds) });
    return (await (await fetch(`${url}/api/v1/query`, { method: 'POST', body })).json()) as ApiAnswer;
  };
  await eventually(
    async () => {
      if (broken) throw broken;
      return (await ask(`count(up == 1)`)) === targets.length;
    },
    { timeoutMs: 20_000, everyMs: 100 },
  );
  return {
    url,
    ask,
    answer,
    stop: async () => {
      process.off('exit', atExit);
      const gone = new Promise((resolve) => process_.once('exit', resolve));
      if (process_.exitCode === null && process_.signalCode === null) {
        process_.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

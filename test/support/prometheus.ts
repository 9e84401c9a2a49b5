import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

export interface RunningPrometheus {
  readonly url: string;
  /** The value of a query's only element; undefined: there is none, or are several. */
  ask(query: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Debian's Prometheus, scraping these host:port three times a second, gone with this process at the latest. */
export const startPrometheus = async (targets: readonly string[]): Promise<RunningPrometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-prometheus-'));
  const port = await freePort();
  const job = { job_name: 'fleet', static_configs: [{ targets }] };
  writeFileSync(join(folder, 'p.yml'), JSON.stringify({ global: { scrape_interval: '300ms' }, scrape_configs: [job] }));
  const process_: ChildProcess = spawn(
    process.env['PROMETHEUS_BIN'] ?? 'prometheus',
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

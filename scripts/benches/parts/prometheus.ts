/** Debian's Prometheus with the same targets and nothing else: its own defaults for storage, no rules, no remote. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../demo/environment/ports.js';
import { addressOf } from './addresses.js';
import type { Program } from './program.js';
import type { FleetHandle, Stage } from './stage.js';

export const prometheusBinary = process.env['PROMETHEUS_BIN'] ?? '/usr/bin/prometheus';

let runs = 0;

export const startPrometheus = async (stage: Stage, fleet: FleetHandle, interval: string): Promise<Program> => {
  const folder = join(stage.folder, `prometheus-${++runs}`);
  await mkdir(folder, { recursive: true });
  const targets = Array.from({ length: fleet.targets }, (_, index) => `${addressOf(index)}:${fleet.port}`);
  await writeFile(join(folder, 'targets.json'), JSON.stringify([{ targets }]));
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    [
      `global: { scrape_interval: ${interval}, scrape_timeout: 800ms }`,
      'scrape_configs:',
      '  - job_name: bench',
      `    file_sd_configs: [{ files: ['${join(folder, 'targets.json')}'] }]`,
      '',
    ].join('\n'),
  );
  const [port = 0] = await freePorts(1);
  return stage.start(`prometheus-${runs}`, [
    prometheusBinary,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]);
};

/** `config/ballast.yaml`: everything that is not about one service. */
import { z } from 'zod';
import {
  anyDuration,
  durationBetween,
  hourly,
  listOf,
  oneOf,
  section,
  sizeFrom,
  someDuration,
  text,
  textMatching,
  wholeBetween,
} from './fields.js';
import { datacenterName } from '../names.js';
import { maintenanceList } from './maintenance.js';
import { heartbeatFile, notifyFile } from './notify.js';
import { tlsFile } from './prometheus.js';

const url = textMatching(/^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, 'a base URL like http://127.0.0.1:8500');
const host = textMatching(/^[A-Za-z0-9.:_-]+$/, 'a host name or address');
const port = wholeBetween(0, 65_535);

const listen = section({
  host: host.optional(),
  port: port.optional(),
  tokens: listOf(text).optional(),
  tokens_file: text.meta({ description: 'One token a line.' }).optional(),
});

export const ballastFile = section({
  services: text.meta({ description: 'Folder of the service files, from here.' }).optional(),
  consul: section({
    url: url.optional(),
    token: text.optional(),
    token_file: text.meta({ description: 'Read again when it changes.' }).optional(),
    datacenter: textMatching(datacenterName, 'the name of a datacenter').optional(),
    tls: tlsFile.meta({ description: 'For an https URL; the files are read again when they change.' }).optional(),
    prefix: textMatching(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'a KV prefix like ballast/').optional(),
    max_stale: someDuration.optional(),
    session: section({
      ttl: durationBetween('10s', '1d').optional(),
      renew: someDuration.optional(),
      lock_delay: durationBetween('1s', '60s').optional(),
    }).optional(),
  }).optional(),
  discover: z
    .union(
      [
        z.literal(false),
        section({
          tag: textMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a tag of letters, digits, . _ -').optional(),
          preset: z
            .union([text, listOf(text)])
            .meta({ description: 'For services that name none by a tag like ballast-preset=node.' })
            .optional(),
          limit: wholeBetween(1, 10_000).optional(),
          appear: anyDuration.optional(),
          vanish: anyDuration.optional(),
        }),
      ],
      { error: 'expected false, or a section like {tag: ballast, preset: node}' },
    )
    .meta({ description: 'Services with the tag and without a file are scored by their preset, and only observed.' })
    .optional(),
  engine: section({
    listen: listen.optional(),
    data: text.meta({ description: 'Folder of its database.' }).optional(),
    history: section({
      raw: durationBetween('2h', '400d').meta({ description: 'Every evaluation is kept so long.' }).optional(),
      minute: durationBetween('2h', '400d').meta({ description: 'Least, mean and largest of each minute.' }).optional(),
      hour: durationBetween('2h', '4000d').meta({ description: 'Least, mean and largest of each hour.' }).optional(),
      max_size: sizeFrom('16MiB').meta({ description: 'Of the file; the finest and oldest goes first.' }).optional(),
    }).optional(),
    scrape_concurrency: wholeBetween(1, 10_000).optional(),
  }).optional(),
  scheduler: section({
    listen: listen.optional(),
    data: text.meta({ description: 'Folder of its database.' }).optional(),
    engine: section({ url: url.optional(), token: text.optional(), token_file: text.optional() }).optional(),
    max_actions: hourly.optional(),
    max_concurrent: wholeBetween(0, 1000).optional(),
  }).optional(),
  gateway: section({
    binary: text.optional(),
    prefix: text.optional(),
    config: text.meta({ description: "NGINX's main file, which includes our folder." }).optional(),
    directory: text.meta({ description: 'Folder that Ballast owns and NGINX includes.' }).optional(),
    templates: text.meta({ description: 'Folder with your own templates.' }).optional(),
    mark: section({ host: host.optional(), port: wholeBetween(1, 65_535).optional() }).optional(),
    worker_shutdown_timeout: durationBetween('1s', '1h').optional(),
    reloads: section({
      routine: someDuration.optional(),
      burst: wholeBetween(1, 100).optional(),
      urgent: anyDuration.optional(),
      routine_generations: wholeBetween(1, 1000).optional(),
      urgent_generations: wholeBetween(1, 1000).optional(),
      gather_quiet: anyDuration.optional(),
      gather_max: anyDuration.optional(),
      verify_timeout: someDuration.optional(),
    }).optional(),
  }).optional(),
  maintenance: maintenanceList.optional(),
  notify: notifyFile.optional(),
  heartbeat: heartbeatFile
    .meta({ description: 'Sent while the loop really turns, so that silence is noticed.' })
    .optional(),
  docker: section({ socket: textMatching(/^\/[^\s]+$/, 'an absolute path').optional() }).optional(),
  log: section({ level: oneOf('debug', 'info', 'warn', 'error').optional() }).optional(),
});
export type BallastFile = z.output<typeof ballastFile>;

/** `config/services/*.yaml`: one service per file. */
import { z } from 'zod';
import { scrapeFormats } from '../policy.js';
import { datacenterName, instanceIdPattern, metricNamePattern, serviceNamePattern } from '../names.js';
import {
  anyDuration,
  durationBetween,
  flag,
  hourly,
  listOf,
  numberBetween,
  oneOf,
  quantity,
  section,
  share,
  size,
  someDuration,
  text,
  textMatching,
  wholeBetween,
} from './fields.js';
import { ladderFile } from './ladder.js';
import { maintenanceList } from './maintenance.js';
import { metricFile } from './metric.js';
import { prometheusFile } from './prometheus.js';

const datacenter = textMatching(datacenterName, 'the name of a datacenter');
const interval = durationBetween('250ms', '10m');
const timeout = durationBetween('10ms', '5m');
const gzip = flag.meta({ description: 'Ask for compressed pages: worth it over slow lines.' });
const format = oneOf(...scrapeFormats).meta({
  description: 'What the page is written in; auto: as its Content-Type says, or it itself.',
});

export const metricsFile = z.record(
  z
    .string()
    .regex(metricNamePattern, { error: 'is no metric name: lower case letters, digits and _ (like error_ratio)' }),
  metricFile,
  { error: 'expected a section of metrics by name' },
);

export const scrapeFile = section({
  scheme: oneOf('http', 'https').optional(),
  path: textMatching(/^\/[\x21-\x7e]*$/, 'a path that begins with /').optional(),
  format: format.optional(),
  gzip: gzip.optional(),
  port: wholeBetween(1, 65_535).meta({ description: 'Instead of the port registered in Consul.' }).optional(),
  interval: interval.optional(),
  connect_timeout: timeout.optional(),
  timeout: timeout.optional(),
  body_limit: size.optional(),
});

export const systemFile = section({
  url: text.meta({ description: 'May name {{node.address}}, {{node.name}} and {{instance.address}}.' }).optional(),
  format: format.optional(),
  gzip: gzip.optional(),
  interval: interval.optional(),
  timeout: timeout.optional(),
  body_limit: size.optional(),
});

export const zonesFile = section({
  good_score: numberBetween(0, 100).optional(),
  critical_score: numberBetween(0, 100).optional(),
  max_score: numberBetween(0, 100).meta({ description: 'Full weight from here on; good_score unless set.' }).optional(),
  fall: wholeBetween(1, 100).optional(),
  rise: wholeBetween(1, 100).optional(),
  min_coverage: share.optional(),
});

export const scoringFile = section({
  combine: oneOf('worst', 'mean').optional(),
  level_weights: section({
    app: numberBetween(0, 1000).optional(),
    system: numberBetween(0, 1000).optional(),
  }).optional(),
  half_life_down: anyDuration.optional(),
  half_life_up: anyDuration.optional(),
  blackout: anyDuration.optional(),
  stale_intervals: wholeBetween(1, 100).optional(),
});

export const trafficFile = section({
  upstream: textMatching(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/,
    'the name of an NGINX upstream (letters, digits, . _ -)',
  ),
  mode: oneOf('observe', 'act').optional(),
  max_weight: wholeBetween(10, 1000).optional(),
  floor: share.optional(),
  slow_start: anyDuration.optional(),
  retries: flag.optional(),
  connect_timeout: timeout.optional(),
  read_timeout: timeout.optional(),
  breaker: section({
    open: someDuration.optional(),
    open_max: someDuration.optional(),
    requests: wholeBetween(0, 1_000_000).optional(),
    good_scores: wholeBetween(1, 1000).optional(),
    quiet: anyDuration.optional(),
    forgive: someDuration.optional(),
  }).optional(),
});

export const drainFile = section({
  in_flight: text.meta({ description: 'PromQL for the requests in flight.' }).optional(),
  deadline: anyDuration.optional(),
});

export const healFile = section({
  mode: oneOf('observe', 'suggest', 'act').optional(),
  after: anyDuration.optional(),
  after_down: anyDuration.optional(),
  notify: oneOf('each', 'summary')
    .meta({ description: 'A message for each episode, or one that gathers them.' })
    .optional(),
  ladder: ladderFile.optional(),
  single: oneOf('never', 'restart').optional(),
  grace: durationBetween('0s', '10m').optional(),
  green_for: someDuration.optional(),
});

export const guardrailsFile = section({
  desired: wholeBetween(1, 100_000).optional(),
  min_available: quantity.optional(),
  max_concurrent: quantity.optional(),
  max_actions: hourly.optional(),
  max_actions_per_node: hourly.optional(),
  cooldown: anyDuration.optional(),
  backoff: section({
    first: someDuration.optional(),
    max: someDuration.optional(),
    jitter: share.optional(),
  }).optional(),
  panic: share.optional(),
  warm_up: anyDuration.optional(),
  headroom: textMatching(metricNamePattern, 'the name of a metric of this service, like cpu')
    .meta({ description: 'The load that the others would have to share: it must stay under its critical value.' })
    .optional(),
  shrink: section({
    share: share.optional(),
    at_least: wholeBetween(1, 100_000).optional(),
    confirmations: wholeBetween(1, 1000).optional(),
  }).optional(),
});

const runtimes = section({
  docker: section({ label: textMatching(/^[A-Za-z0-9._/-]{1,128}$/, 'a container label').optional() }).optional(),
  exec: section({
    restart: listOf(text).min(1, { error: 'needs at least the program' }),
    replace: listOf(text).min(1, { error: 'needs at least the program' }).optional(),
    pid_file: text.meta({ description: 'Absolute path; may name {{instance.id}}.' }),
  }).optional(),
}).refine(({ docker, exec }) => (docker === undefined) !== (exec === undefined), {
  error: 'needs one of docker, exec',
});

export const runtimeFile = z.union([oneOf('none', 'docker'), runtimes], {
  error: 'expected none, docker, {docker: {label: …}} or {exec: {restart: [program, argument…], pid_file: …}}',
});

export const serviceFile = section({
  service: textMatching(serviceNamePattern, 'a Consul service name (letters, digits, . _ -)'),
  selector: text.meta({ description: "Consul's own filter language." }).optional(),
  datacenter: z
    .union([datacenter, listOf(datacenter).min(1, { error: 'needs at least one' })], {
      error: 'expected the name of a datacenter, or a list of names',
    })
    .meta({ description: "Where it is looked for, instead of the agent's own; several are judged as one service." })
    .optional(),
  preset: z
    .union([text, listOf(text)], { error: 'expected the name of a preset, or a list of names' })
    .meta({ description: 'Presets in order; a later one overrides an earlier, this file overrides both.' })
    .optional(),
  owner: text.optional(),
  scrape: scrapeFile.optional(),
  system: systemFile.optional(),
  prometheus: prometheusFile.meta({ description: 'The server that metrics with source: prometheus ask.' }).optional(),
  metrics: metricsFile.optional(),
  zones: zonesFile.optional(),
  scoring: scoringFile.optional(),
  traffic: trafficFile.optional(),
  drain: drainFile.optional(),
  heal: healFile.optional(),
  guardrails: guardrailsFile.optional(),
  runtime: runtimeFile.optional(),
  protected: listOf(textMatching(instanceIdPattern, 'an instance id')).optional(),
  maintenance: maintenanceList.optional(),
});
export type ServiceFile = z.output<typeof serviceFile>;

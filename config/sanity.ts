/** What every single value permits and the values together do not. */
import { didYouMean } from '../lib/spelling.js';
import { checkLadder } from './ladder.js';
import { fillPlaceholders, unknownPlaceholders } from './placeholders.js';
import type { ServicePolicy } from './policy.js';
import { finding } from './problems.js';
import type { Finding, KeyPath } from './problems.js';
import type { ServiceFile } from './schema/service.js';
import { formatDuration, formatShare } from './units.js';
import * as defaults from './defaults.js';

export interface Sanity {
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** One rule: broken, it is told at `path`. */
type Rule = readonly [broken: boolean, path: KeyPath, message: () => string, hint: string | null];

const broken = (rules: readonly Rule[]): readonly Finding[] =>
  rules.filter(([is]) => is).map(([, path, message, hint]) => finding(path, message(), hint));

const zoneRules = ({ scoring: { zones } }: ServicePolicy): readonly Rule[] => [
  [
    zones.criticalScore >= zones.goodScore,
    ['zones', 'critical_score'],
    () => `critical_score ${zones.criticalScore} must be under good_score ${zones.goodScore}: yellow lies between them`,
    null,
  ],
  [
    zones.maxScore < zones.goodScore,
    ['zones', 'max_score'],
    () => `max_score ${zones.maxScore} must not be under good_score ${zones.goodScore}: green has full weight`,
    null,
  ],
];

const timeRules = (
  file: ServiceFile,
  { scrape, system, heal, guardrails, traffic }: ServicePolicy,
): readonly Rule[] => {
  const asked = file.scrape?.timeout ?? 0;
  const systemAsked = file.system?.timeout ?? 0;
  const { backoff } = guardrails;
  const breaker = traffic?.breaker;
  return [
    [
      asked > scrape.intervalMs,
      ['scrape', 'timeout'],
      () => `timeout ${formatDuration(asked)} is longer than the interval ${formatDuration(scrape.intervalMs)}`,
      `at most ${formatDuration(scrape.intervalMs * defaults.timeoutShare)} here`,
    ],
    [
      system !== null && systemAsked > system.intervalMs,
      ['system', 'timeout'],
      () =>
        `timeout ${formatDuration(systemAsked)} is longer than the interval ${formatDuration(system?.intervalMs ?? 0)}`,
      null,
    ],
    [
      heal.afterDownMs > heal.afterMs,
      ['heal', 'after_down'],
      () =>
        `after_down ${formatDuration(heal.afterDownMs)} must not be longer than after ${formatDuration(heal.afterMs)}`,
      'a process that is down waits less, not more',
    ],
    [
      backoff.firstMs > backoff.maxMs,
      ['guardrails', 'backoff', 'first'],
      () => `first ${formatDuration(backoff.firstMs)} is longer than max ${formatDuration(backoff.maxMs)}`,
      null,
    ],
    [
      breaker !== undefined && breaker.openMs > breaker.openMaxMs,
      ['traffic', 'breaker', 'open'],
      () =>
        `open ${formatDuration(breaker?.openMs ?? 0)} is longer than open_max ${formatDuration(breaker?.openMaxMs ?? 0)}`,
      null,
    ],
  ];
};

const systemPlaceholders = ['node.address', 'node.name', 'instance.address'];
const execPlaceholders = ['instance.id', 'service', 'pid'];

/** For checking the rest of a template. */
const filled = (text: string): string => fillPlaceholders(text, () => 'x').text;

const templateRules = ({ system, runtime }: ServicePolicy): readonly Rule[] => {
  const inUrl = system === null ? [] : unknownPlaceholders(system.url, systemPlaceholders);
  const url = system === null ? 'http://x' : filled(system.url);
  const unknownIn = (command: readonly string[]): readonly string[] =>
    command.flatMap((part) => unknownPlaceholders(part, execPlaceholders));
  const inCommand = runtime.kind !== 'exec' ? [] : unknownIn(runtime.restart);
  const inReplace = runtime.kind !== 'exec' ? [] : unknownIn(runtime.replace ?? []);
  const pidFile = runtime.kind === 'exec' ? runtime.pidFile : '/';
  const inPidFile = unknownPlaceholders(pidFile, ['instance.id', 'service']);
  return [
    [
      inUrl.length > 0,
      ['system', 'url'],
      () => `unknown placeholder {{${inUrl[0] ?? ''}}}`,
      `known: ${systemPlaceholders.map((name) => `{{${name}}}`).join(', ')}`,
    ],
    [!URL.canParse(url) || !/^https?:/.test(url), ['system', 'url'], () => 'is no http:// or https:// URL', null],
    [
      inCommand.length > 0,
      ['runtime', 'exec', 'restart'],
      () => `unknown placeholder {{${inCommand[0] ?? ''}}}`,
      `known: ${execPlaceholders.map((name) => `{{${name}}}`).join(', ')}`,
    ],
    [
      inReplace.length > 0,
      ['runtime', 'exec', 'replace'],
      () => `unknown placeholder {{${inReplace[0] ?? ''}}}`,
      `known: ${execPlaceholders.map((name) => `{{${name}}}`).join(', ')}`,
    ],
    [
      inPidFile.length > 0,
      ['runtime', 'exec', 'pid_file'],
      () => `unknown placeholder {{${inPidFile[0] ?? ''}}}`,
      'known: {{instance.id}}, {{service}}',
    ],
    [!pidFile.startsWith('/'), ['runtime', 'exec', 'pid_file'], () => `"${pidFile}" is no absolute path`, null],
  ];
};

const guardRules = ({ guardrails, traffic, metrics }: ServicePolicy): readonly Rule[] => {
  const { desired, minAvailable, headroom } = guardrails;
  const load = metrics.find(({ name }) => name === headroom?.metric);
  return [
    [
      desired !== null && minAvailable.kind === 'count' && minAvailable.value > desired,
      ['guardrails', 'min_available'],
      () => `needs ${minAvailable.value} available of ${desired ?? 0} desired`,
      'nothing could ever be taken out or healed',
    ],
    [
      headroom !== null && load === undefined,
      ['guardrails', 'headroom'],
      () => `no metric "${headroom?.metric ?? ''}"`,
      didYouMean(
        headroom?.metric ?? '',
        metrics.map(({ name }) => name),
      ) ?? `there are: ${metrics.map(({ name }) => name).join(', ')}`,
    ],
    [
      load !== undefined && (load.critical <= load.good || load.source.kind === 'up' || load.source.kind === 'stall'),
      ['guardrails', 'headroom'],
      () => `"${headroom?.metric ?? ''}" is no load: it must grow with the work, its critical value above its good one`,
      'name one like cpu, requests in flight, or connections in use',
    ],
    [
      traffic !== null && traffic.floor <= 0,
      ['traffic', 'floor'],
      () => 'must be more than 0%: without any traffic an instance is never judged again',
      null,
    ],
  ];
};

const warningRules = (file: ServiceFile, { heal, runtime, scrape }: ServicePolicy): readonly Rule[] => {
  const longest = scrape.intervalMs * defaults.timeoutShare;
  const asked = file.scrape?.timeout ?? 0;
  return [
    [
      heal.mode === 'act' && runtime.kind === 'none',
      ['heal', 'mode'],
      () => 'act, but no runtime is named: nothing can be restarted',
      'name one: runtime: docker, or runtime: {exec: …}',
    ],
    [
      asked > longest && asked <= scrape.intervalMs,
      ['scrape', 'timeout'],
      () => `shortened to ${formatDuration(longest)}, ${formatShare(defaults.timeoutShare)} of the interval`,
      null,
    ],
  ];
};

export const checkService = (file: ServiceFile, policy: ServicePolicy): Sanity => ({
  findings: [
    ...broken([...zoneRules(policy), ...timeRules(file, policy), ...templateRules(policy), ...guardRules(policy)]),
    ...checkLadder(policy),
  ],
  warnings: broken(warningRules(file, policy)),
});

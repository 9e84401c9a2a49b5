import { fillPlaceholders, type ServicePolicy } from '../../config/index.js';
import type { Instance, InstanceRef, Target, TargetKey } from '../model.js';
import { hostOf } from './hosts.js';
import { Questions } from './questions.js';

export interface ServiceInstances {
  readonly policy: ServicePolicy;
  readonly instances: Iterable<Instance>;
  /** False: nothing is asked of the instances' own pages, so that they are left alone. */
  readonly scrapesOwn?: boolean;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Pages that cannot be scraped, a sentence each. */
  readonly problems: readonly string[];
}

const refOf = ({ service, id }: Instance): InstanceRef => ({ service, id });

/** Key of the page that an instance itself shows. */
export const appTargetKey = (ref: InstanceRef): TargetKey => `app ${ref.service}/${ref.id}` as TargetKey;

const appTarget = (instance: Instance, { scrape }: ServicePolicy): Target => ({
  key: appTargetKey(instance),
  url: `${scrape.scheme}://${hostOf(instance.address)}:${scrape.port ?? instance.port}${scrape.path}`,
  format: scrape.format,
  gzip: scrape.gzip,
  level: 'app',
  intervalMs: scrape.intervalMs,
  connectTimeoutMs: scrape.connectTimeoutMs,
  timeoutMs: scrape.timeoutMs,
  bodyLimitBytes: scrape.bodyLimitBytes,
  mapping: { kind: 'whole', instances: [refOf(instance)] },
});

// Narrower than Consul: whatever stands here becomes part of a URL.
const safeName = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/;

const valuesOf = (instance: Instance): Readonly<Record<string, string | undefined>> => ({
  'node.address': hostOf(instance.node.address),
  'node.name': safeName.test(instance.node.name) ? instance.node.name : undefined,
  'instance.address': hostOf(instance.address),
});

/** The template with every `{{name}}` replaced, normalised; or why that gives no URL. */
export const renderUrl = (
  template: string,
  instance: Instance,
): { readonly url: string } | { readonly why: string } => {
  const values = valuesOf(instance);
  const { text, missing } = fillPlaceholders(template, (name) =>
    Object.hasOwn(values, name) ? values[name] : undefined,
  );
  if (missing.length > 0) return { why: `no usable value for ${missing.join(', ')}` };
  if (!URL.canParse(text)) return { why: `"${text}" is no URL` };
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? { url: url.href } : { why: `"${text}" is neither http nor https` };
};

/** One page that several instances share is scraped as often as the most eager of them asks. */
const merge = (one: Target | undefined, other: Target): Target => {
  if (one?.mapping.kind !== 'whole' || other.mapping.kind !== 'whole') return other;
  const eager = other.intervalMs < one.intervalMs ? other : one;
  return {
    ...eager,
    bodyLimitBytes: Math.max(one.bodyLimitBytes, other.bodyLimitBytes),
    mapping: { kind: 'whole', instances: [...one.mapping.instances, ...other.mapping.instances] },
  };
};

const systemTarget = (url: string, instance: Instance, system: NonNullable<ServicePolicy['system']>): Target => ({
  key: `system ${url}` as TargetKey,
  url,
  format: system.format,
  gzip: system.gzip,
  level: 'system',
  intervalMs: system.intervalMs,
  connectTimeoutMs: system.timeoutMs,
  timeoutMs: system.timeoutMs,
  bodyLimitBytes: system.bodyLimitBytes,
  mapping: { kind: 'whole', instances: [refOf(instance)] },
});

/** Every page to read: one per instance, one per distinct system URL, one per question to a Prometheus server, over all services. */
export const targetsOf = (services: Iterable<ServiceInstances>): Targets => {
  const targets = new Map<TargetKey, Target>();
  const problems: string[] = [];
  const put = (target: Target): void => void targets.set(target.key, merge(targets.get(target.key), target));
  const questions = new Questions();
  for (const { policy, instances, scrapesOwn = true } of services) {
    questions.add(policy, instances);
    for (const instance of instances) {
      if (scrapesOwn) put(appTarget(instance, policy));
      if (!policy.system) continue;
      const rendered = renderUrl(policy.system.url, instance);
      if ('url' in rendered) put(systemTarget(rendered.url, instance, policy.system));
      else problems.push(`${policy.service}/${instance.id}: no system page: ${rendered.why}`);
    }
  }
  return {
    targets: [...targets.values(), ...questions.targets],
    problems: [...problems, ...questions.problems],
  };
};

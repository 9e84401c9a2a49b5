/** What is asked of Prometheus servers: one question for all instances of all services that ask it alike. */
import {
  fillPlaceholders,
  questionId,
  type MetricPolicy,
  type PrometheusPolicy,
  type ServicePolicy,
} from '../../config/index.js';
import { questionKey, type Instance, type InstanceRef, type Target, type TargetKey } from '../model.js';
import { hostOf } from './hosts.js';

/** The value of the label that tells this instance; null: something that it names has no value here. */
export const labelValueOf = (match: string, instance: Instance): string | null => {
  const { text, missing } = fillPlaceholders(match, (name) => placeholder(name, instance));
  return missing.length === 0 ? text : null;
};

const placeholder = (name: string, { id, service, address, port, node, datacenter, meta }: Instance) => {
  if (name.startsWith('meta.')) return Object.hasOwn(meta, name.slice(5)) ? meta[name.slice(5)] : undefined;
  const values = new Map([
    ['instance.id', id],
    ['instance.address', hostOf(address)],
    ['instance.port', String(port)],
    ['node.name', node.name],
    ['node.address', hostOf(node.address)],
    ['service', service],
    ['datacenter', datacenter],
  ]);
  return values.get(name);
};

interface Asked {
  readonly target: Target;
  readonly values: Map<string, InstanceRef[]>;
}

/** Gathers questions and whom their answers speak of. */
export class Questions {
  readonly #asked = new Map<TargetKey, Asked>();
  readonly problems: string[] = [];

  add(policy: ServicePolicy, instances: Iterable<Instance>): void {
    const { prometheus: server } = policy;
    if (server === null) return;
    const all = [...instances];
    for (const metric of policy.metrics) for (const promql of textsOf(metric)) this.#ask(server, promql, metric, all);
  }

  get targets(): readonly Target[] {
    return [...this.#asked.values()].map(({ target }) => target);
  }

  #ask(server: PrometheusPolicy, promql: string, { source, name }: MetricPolicy, instances: readonly Instance[]): void {
    if (source.kind !== 'prometheus' || instances.length === 0) return;
    const { values } = this.#of(server, promql, source.label);
    for (const instance of instances) {
      const { service, id } = instance;
      const value = labelValueOf(source.match, instance);
      if (value === null) {
        this.problems.push(`${service}/${id}: nothing to look for in the answer for ${name}: ${source.match}`);
        continue;
      }
      const refs = values.get(value) ?? [];
      if (!refs.some((ref) => ref.service === service && ref.id === id)) refs.push({ service, id });
      values.set(value, refs);
    }
  }

  #of(server: PrometheusPolicy, promql: string, label: string): Asked {
    const key = questionKey(questionId(server, promql, label));
    const known = this.#asked.get(key);
    const values = known?.values ?? new Map<string, InstanceRef[]>();
    // Whoever asks most often sets the pace.
    if (known && known.target.intervalMs <= server.intervalMs) return known;
    const target: Target = {
      key,
      url: `${server.url}/api/v1/query`,
      level: 'prometheus',
      question: { server, promql },
      intervalMs: server.intervalMs,
      connectTimeoutMs: server.timeoutMs,
      timeoutMs: server.timeoutMs,
      bodyLimitBytes: server.bodyLimitBytes,
      mapping: { kind: 'label', label, values },
    };
    const asked = { target, values };
    this.#asked.set(key, asked);
    return asked;
  }
}

const textsOf = ({ source, minTraffic }: MetricPolicy): readonly string[] =>
  source.kind === 'prometheus' ? [source.promql, ...(minTraffic === null ? [] : [minTraffic.promql])] : [];

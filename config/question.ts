import { digest } from './hash.js';
import type { PrometheusPolicy } from './policy.js';

/**
 * Names one question to one server: equal for all services that ask the same of the same server and tell instances by the
 * same label, so that it is asked once. How often it is asked makes no difference.
 */
export const questionId = (server: PrometheusPolicy, promql: string, label: string): string => {
  const { intervalMs: _, timeoutMs: __, bodyLimitBytes: ___, ...who } = server;
  return digest({ who, promql, label }).slice(0, 16);
};

/** What one instance can be given: the faults of the demo fleet (`scripts/demo/faults.ts`), two ways to be cut off, and none. */
export const faultNames = [
  'none',
  'errors',
  'gray',
  'latency',
  'leak',
  'cpu',
  'hang',
  'crash',
  'partition',
  'unreachable',
] as const;
export type FaultName = (typeof faultNames)[number];

export const faultWords: Readonly<Record<FaultName, string>> = {
  none: 'nothing is wrong: whatever is done about it is wrong',
  errors: 'half of all requests fail at once with 500',
  gray: 'half of all requests fail with 500 after 300 ms more',
  latency: 'every request takes one second longer',
  leak: 'memory grows to its limit in a minute, and stays there; requests are served as ever',
  cpu: 'a core burns; requests are served as ever',
  hang: 'requests are accepted and never answered; the metrics page is',
  crash: 'the process dies, and nobody starts it but a healing, or a person at the end',
  partition: 'nobody reaches its node any more: neither the proxy, nor a health check, nor the engine, nor Consul',
  unreachable: 'the proxy alone does not reach it; everybody else does',
};

/** Faults that end with the process that has them. */
export const mendedByRestart: ReadonlySet<FaultName> = new Set([
  'errors',
  'gray',
  'latency',
  'leak',
  'cpu',
  'hang',
  'crash',
]);

/** No client would notice: nothing is to be lost by leaving it in. */
export const isHarmless = (fault: FaultName): boolean => fault === 'leak' || fault === 'cpu' || fault === 'none';

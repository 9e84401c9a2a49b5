/** The faults that a demo instance can be told to have. Each moves only its own metric. */
export const faultNames = ['errors', 'gray', 'latency', 'leak', 'cpu', 'hang', 'crash'] as const;
export type FaultName = (typeof faultNames)[number];
export const isFaultName = (text: string): text is FaultName => (faultNames as readonly string[]).includes(text);

/** What a person reads about each; `shared` is no fault of one instance: `errors` on all instances of a service at once. */
export const faultWords: Readonly<Record<FaultName | 'shared', string>> = {
  errors: 'half of all requests fail at once with 500',
  gray: 'half of all requests fail with 500 after 300 ms',
  latency: 'every request takes one second longer',
  leak: 'memory grows to its limit and stays there; requests are served as ever',
  cpu: 'a core or two burn; requests are served as ever',
  hang: 'requests are accepted and never answered; metrics and health check stay well',
  crash: 'the process dies',
  shared: 'half of all requests fail on every instance of the service',
};

/** How a request is treated while faults are on. `nth` counts requests, so that "half" is exactly half. */
export const treat = (
  active: ReadonlySet<FaultName>,
  nth: number,
): { readonly answers: boolean; readonly status: number; readonly extraMs: number } => {
  const half = nth % 2 === 0;
  const gray = active.has('gray') && half;
  return {
    answers: !active.has('hang'),
    status: gray || (active.has('errors') && half) ? 500 : 200,
    extraMs: (active.has('latency') ? 1000 : 0) + (gray ? 300 : 0),
  };
};

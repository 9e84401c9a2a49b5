const lifetimes = new WeakMap<object, AbortController>();

/** The life of an app: aborted when its server closes, so that reads that wait are answered instead of cut off. */
export const lifetimeOf = (app: object): AbortController => {
  const known = lifetimes.get(app);
  if (known) return known;
  const fresh = new AbortController();
  lifetimes.set(app, fresh);
  return fresh;
};

interface Lifetime {
  readonly controller: AbortController;
  readonly atEnd: Set<() => void>;
}

const lifetimes = new WeakMap<object, Lifetime>();

const lifeOf = (app: object): Lifetime => {
  const known = lifetimes.get(app);
  if (known) return known;
  const fresh: Lifetime = { controller: new AbortController(), atEnd: new Set() };
  fresh.controller.signal.addEventListener('abort', () => fresh.atEnd.forEach((work) => work()), { once: true });
  lifetimes.set(app, fresh);
  return fresh;
};

/** The life of an app: aborted when its server closes, so that reads that wait are answered instead of cut off. */
export const lifetimeOf = (app: object): AbortController => lifeOf(app).controller;

/** Work for the end of an app, at once if that was; returns how to take it off again. For many, which signals are not made for. */
export const atEndOf = (app: object, work: () => void): (() => void) => {
  const { controller, atEnd } = lifeOf(app);
  if (controller.signal.aborted) work();
  else atEnd.add(work);
  return () => void atEnd.delete(work);
};

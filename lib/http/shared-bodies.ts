import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Watched } from './watched.js';

const zip = promisify(gzip);

/** The bytes of an answer, for however many get the same. */
export class Body {
  #zipped: Promise<Buffer> | null = null;

  constructor(readonly plain: Buffer) {}

  /** Compressed once, by another thread, and as fast as can be: it is made anew with each change. */
  zipped(): Promise<Buffer> {
    return (this.#zipped ??= zip(this.plain, { level: 1 }));
  }
}

/** The same answer serves whoever asks within this time, while nothing newer is there. */
const keptMs = 100;
/** Different answers of one resource that are kept: as many filters as are usual. */
const keptMost = 16;

interface Shared {
  readonly version: number;
  readonly bodies: Map<string, Promise<Body>>;
}
const shared = new WeakMap<object, Shared>();

/** Not kept longer than it is of use, as it may be large; a failure is nobody else's. */
const keepAWhile = async (bodies: Map<string, Promise<Body>>, key: string, body: Promise<Body>): Promise<void> => {
  const forget = (): void => void (bodies.get(key) === body && bodies.delete(key));
  try {
    await body;
    setTimeout(forget, keptMs).unref();
  } catch {
    forget();
  }
};

/**
 * What is told of a resource in its present state: many readers are woken at once, and whoever asks the same (`key`) gets
 * the same bytes, rendered once. Rejects as `render` does.
 */
export const sharedBody = (
  source: Watched<unknown>,
  key: string,
  render: () => Buffer | Promise<Buffer>,
): Promise<Body> => {
  let known = shared.get(source);
  if (known?.version !== source.version)
    shared.set(source, (known = { version: source.version, bodies: new Map<string, Promise<Body>>() }));
  const { bodies } = known;
  const kept = bodies.get(key);
  if (kept) return kept;
  const body = (async () => new Body(await render()))();
  if (bodies.size < keptMost) {
    bodies.set(key, body);
    void keepAWhile(bodies, key, body);
  }
  return body;
};

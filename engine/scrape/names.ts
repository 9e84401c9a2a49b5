/**
 * Is this line about a metric that somebody asked for? Asked of every line of every page, so it works on bytes, and says no
 * at the first byte of most of them.
 */
const isEnd = (byte: number): boolean =>
  byte === 0x7b || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

const offset = 0x811c9dc5;
const prime = 0x01000193;

interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly next: Entry | undefined;
}

export class NameTable {
  readonly #byHash = new Map<number, Entry>();
  readonly #first = new Uint8Array(256);

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const bytes = Buffer.from(name);
      const first = bytes[0];
      if (first === undefined) continue;
      let hash = offset;
      for (const byte of bytes) hash = Math.imul(hash ^ byte, prime);
      this.#first[first] = 1;
      this.#byHash.set(hash, { name, bytes, next: this.#byHash.get(hash) });
    }
  }

  /** The wanted name that the line starts with, or null; FNV-1a, then the bytes themselves. */
  at(page: Uint8Array, from: number): string | null {
    if (this.#first[page[from] ?? 0] === 0) return null;
    let hash = offset;
    let end = from;
    for (; end < page.length; end++) {
      const byte = page[end] ?? 0;
      if (isEnd(byte)) break;
      hash = Math.imul(hash ^ byte, prime);
    }
    for (let entry = this.#byHash.get(hash); entry; entry = entry.next)
      if (entry.bytes.length === end - from && same(entry.bytes, page, from)) return entry.name;
    return null;
  }
}

const same = (name: Uint8Array, page: Uint8Array, from: number): boolean => {
  for (let i = 0; i < name.length; i++) if (name[i] !== page[from + i]) return false;
  return true;
};

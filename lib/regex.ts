/**
 * Regexes from outside: RE2's syntax as far as labels and names need it, always matched whole. RE2, which Prometheus and
 * Consul use, cannot backtrack, so ours must not either: a part of a regex maps the set of places where it may start to
 * the set of places where it may end.
 */
export type Regex =
  { readonly ok: true; readonly test: (value: string) => boolean } | { readonly ok: false; readonly why: string };

type Places = ReadonlySet<number>;
type Part = (value: string, starts: Places) => Places;

/** No label value worth matching is longer; with the limits below it bounds what one match can cost. */
const valueLimit = 1024;
const repeatLimit = 1000;
const depthLimit = 2;

class RegexError extends Error {}

export const compileRegex = (source: string): Regex => {
  try {
    const whole = new RegexParser(source).parse();
    const test = (value: string): boolean => value.length <= valueLimit && whole(value, new Set([0])).has(value.length);
    return { ok: true, test };
  } catch (thrown) {
    if (thrown instanceof RegexError) return { ok: false, why: thrown.message };
    throw thrown;
  }
};

const sequence =
  (parts: readonly Part[]): Part =>
  (value, starts) =>
    parts.reduce((places, part) => (places.size === 0 ? places : part(value, places)), starts);

const either =
  (parts: readonly Part[]): Part =>
  (value, starts) =>
    new Set(parts.flatMap((part) => [...part(value, starts)]));

const one =
  (test: (char: string) => boolean): Part =>
  (value, starts) => {
    const ends = new Set<number>();
    for (const at of starts) if (at < value.length && test(value.charAt(at))) ends.add(at + 1);
    return ends;
  };

const only =
  (test: (value: string, at: number) => boolean): Part =>
  (value, starts) =>
    new Set([...starts].filter((at) => test(value, at)));

/** Each round only goes on from places that were not reached before: it ends after as many rounds as there are places. */
const repeat =
  (part: Part, least: number, most: number): Part =>
  (value, starts) => {
    let fresh: Places = starts;
    for (let round = 0; round < least && fresh.size > 0; round++) fresh = part(value, fresh);
    const ends = new Set(fresh);
    for (let round = least; round < most && fresh.size > 0; round++) {
      fresh = new Set([...part(value, fresh)].filter((at) => !ends.has(at)));
      for (const at of fresh) ends.add(at);
    }
    return ends;
  };

interface Sized {
  readonly part: Part;
  /** How deep repetitions stand in one another, and the product of their counts. */
  readonly depth: number;
  readonly count: number;
}

const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' };
const classes: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /\w/, s: /[\t\n\f\r ]/ };

class RegexParser {
  readonly #source: string;
  #at = 0;
  readonly #fold: boolean;

  constructor(source: string) {
    const flags = /^\(\?([is]+)\)/.exec(source);
    this.#fold = flags?.[1]?.includes('i') ?? false;
    this.#source = flags ? source.slice(flags[0].length) : source;
  }

  parse(): Part {
    const { part } = this.#alternation();
    if (this.#at < this.#source.length) throw new RegexError('it has a ")" without "("');
    return part;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const match = pattern.exec(this.#source.slice(this.#at));
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  #alternation(): Sized {
    const branches = [this.#sequence()];
    while (this.#take(/^\|/)) branches.push(this.#sequence());
    const [only] = branches;
    return branches.length === 1 && only ? only : merge(either, branches);
  }

  #sequence(): Sized {
    const parts: Sized[] = [];
    while (this.#at < this.#source.length && !/^[|)]/.test(this.#source.slice(this.#at))) parts.push(this.#repeated());
    return merge(sequence, parts);
  }

  #repeated(): Sized {
    const inner = this.#atom();
    const match = this.#take(/^(?:([*+?])|\{(\d+)(,)?(\d+)?\})\??/);
    if (!match) return inner;
    if (/^[*+?]/.test(this.#source.slice(this.#at))) throw new RegexError('it repeats a repetition');
    const [, sign, from = '0', comma, to] = match;
    const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const counted = to !== undefined ? Number(to) : comma === undefined ? least : Infinity;
    const most = sign === undefined ? counted : sign === '?' ? 1 : Infinity;
    const count = inner.count * Math.max(1, least, Number.isFinite(most) ? most : 0);
    const depth = inner.depth + (most === Infinity ? 1 : 0);
    if (most < least) throw new RegexError('it has a repetition whose end is before its start');
    if (count > repeatLimit) throw new RegexError(`it repeats more than ${repeatLimit} times`);
    if (depth > depthLimit) throw new RegexError(`its repetitions stand more than ${depthLimit} deep in one another`);
    return { part: repeat(inner.part, least, most), depth, count };
  }

  #atom(): Sized {
    if (this.#take(/^\((?:\?:|\?P?<\w+>)?(?!\?)/)) return this.#group();
    if (this.#take(/^\^/)) return sized(only((_, at) => at === 0));
    if (this.#take(/^\$/)) return sized(only((value, at) => at === value.length));
    if (this.#take(/^\./)) return sized(one(() => true));
    const set = this.#take(/^\[\^?\]?(?:\\[^]|\[(?!:)|[^\]\\[])*\]/)?.[0];
    if (set !== undefined) return sized(one(this.#folded(classOf(set))));
    const escape = this.#take(/^\\([^])/)?.[1];
    if (escape !== undefined) return sized(one(this.#folded(escaped(escape))));
    const char = this.#source.charAt(this.#at);
    if (/[*+?()[\\]/.test(char))
      throw new RegexError(`it has "${this.#source.slice(this.#at, this.#at + 3)}", not supported here`);
    this.#at++;
    return sized(one(this.#folded((other) => other === char)));
  }

  #group(): Sized {
    const inner = this.#alternation();
    if (!this.#take(/^\)/)) throw new RegexError('it has a "(" without ")"');
    return inner;
  }

  #folded(test: (char: string) => boolean): (char: string) => boolean {
    if (!this.#fold) return test;
    return (char) => test(char) || test(char.toLowerCase()) || test(char.toUpperCase());
  }
}

const sized = (part: Part): Sized => ({ part, depth: 0, count: 1 });

const merge = (join: (parts: readonly Part[]) => Part, parts: readonly Sized[]): Sized => ({
  part: join(parts.map(({ part }) => part)),
  depth: Math.max(0, ...parts.map(({ depth }) => depth)),
  count: Math.max(1, ...parts.map(({ count }) => count)),
});

const escaped = (char: string): ((other: string) => boolean) => {
  const set = Object.hasOwn(classes, char.toLowerCase()) ? classes[char.toLowerCase()] : undefined;
  if (set) return (other) => set.test(other) === (char === char.toLowerCase());
  const control = Object.hasOwn(controls, char) ? controls[char] : undefined;
  if (control !== undefined) return (other) => other === control;
  if (/[A-Za-z0-9]/.test(char)) throw new RegexError(`it has "\\${char}", which is not supported`);
  return (other) => other === char;
};

/** `[...]`, one character at a time: JavaScript's own class, after what it reads differently from RE2 was put right. */
const classOf = (set: string): ((char: string) => boolean) => {
  if (/\\[^dDwWsSnrtfv\W]/.test(set)) throw new RegexError(`it has "${set}" with an escape that is not supported`);
  const first = set.startsWith('[^') ? 2 : 1;
  const body = set.charAt(first) === ']' ? `\\]${set.slice(first + 1)}` : set.slice(first);
  try {
    const regex = new RegExp(`${set.slice(0, first)}${body}`, 's');
    return (char) => regex.test(char);
  } catch {
    throw new RegexError(`it has "${set}", which is no set of characters`);
  }
};

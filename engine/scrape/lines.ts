/**
 * Pages show the same lines time after time, in the same order; only their values move. A line that was seen is remembered up
 * to its value, and after it the line that followed. The next page is then read by comparing its bytes, eight at a time, with
 * those that are expected there: no search for the line's end, no text made of it, no look-up.
 */

/** A line as it stands on pages, up to its value, and what it means. */
export interface Line<T> {
  readonly meaning: T;
  /** What came after it last time. */
  next: Line<T> | null;
  /** Its bytes: from which word on, and how many bytes; 0: they are not kept, and it is never expected. */
  at: number;
  length: number;
}

const shortest = 8;
const longest = 4 * 1024;
/** 512 KB. A page has some 20 KB, and instances of a service share most of their lines. */
const wordLimit = 64 * 1024;
/** When it is full, the lines of today are learned anew, but not with every page. */
const pagesBetween = 1_000;

export class Lines<T> {
  /** Stands before the first line of each page. */
  readonly top: Line<T>;
  /** Eight bytes each, taken for a number: for these the machine has one comparison. */
  #words = new Float64Array(512);
  #used = 0;
  #isFull = false;
  #pages = 0;
  #begunAt = 0;

  constructor(nothing: T) {
    this.top = { meaning: nothing, next: null, at: 0, length: 0 };
  }

  /** Worth it, and not out of proportion. */
  static fits(from: number, to: number): boolean {
    return to - from >= shortest && to - from <= longest;
  }

  /** Between two pages. True: there was no room left, and all lines are to be forgotten. */
  turn(): boolean {
    this.#pages++;
    if (!this.#isFull || this.#pages - this.#begunAt < pagesBetween) return false;
    this.forget();
    return true;
  }

  /** Nobody may hold a line from before. */
  forget(): void {
    this.#begunAt = this.#pages;
    this.#used = 0;
    this.#isFull = false;
    this.top.next = null;
  }

  /** A line with the bytes in [from, to), which are kept if there is room. */
  learn(meaning: T, page: DataView, from: number, to: number): Line<T> {
    const line = { meaning, next: null, at: this.#used, length: 0 };
    if (!Lines.fits(from, to)) return line;
    const count = Math.ceil((to - from) / 8);
    this.#isFull ||= this.#used + count > wordLimit;
    if (this.#isFull) return line;
    this.#grow(count);
    for (let i = 0; i < count; i++) {
      // The last word ends where the line does, and may share bytes with the one before.
      const word = page.getFloat64(Math.min(from + 8 * i, to - 8), true);
      // Zero equals what has other bytes, and a NaN not even itself; no text has such words.
      if (word === 0 || Number.isNaN(word)) return line;
      this.#words[line.at + i] = word;
    }
    this.#used += count;
    return { ...line, length: to - from };
  }

  /** Does the page say this there? */
  isAt(page: DataView, from: number, { at, length }: Line<T>): boolean {
    const last = from + length - 8;
    if (length === 0 || last + 8 > page.byteLength) return false;
    const words = this.#words;
    let word = at;
    for (let byte = from; byte < last; byte += 8) if (page.getFloat64(byte, true) !== words[word++]) return false;
    return page.getFloat64(last, true) === words[word];
  }

  #grow(count: number): void {
    if (this.#used + count <= this.#words.length) return;
    const words = new Float64Array(Math.min(wordLimit, 2 * (this.#used + count)));
    words.set(this.#words);
    this.#words = words;
  }
}

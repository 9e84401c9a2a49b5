/**
 * Pages show the same lines time after time, in the same order; only their values move. A line that was seen is remembered up
 * to its value, and after it the line that followed. The next page is then read by comparing its bytes, four at a time, with
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

const shortest = 4;
const longest = 4 * 1024;
/** 512 KB. A page has some 20 KB, and instances of a service share most of their lines. */
const wordLimit = 128 * 1024;
/** When it is full, the lines of today are learned anew, but not with every page. */
const pagesBetween = 1_000;

export class Lines<T> {
  /** Stands before the first line of each page. */
  readonly top: Line<T>;
  #words = new Int32Array(1024);
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
    const length = to - from;
    const count = Math.ceil(length / 4);
    const fits = Lines.fits(from, to);
    this.#isFull ||= fits && this.#used + count > wordLimit;
    if (!fits || this.#isFull) return { meaning, next: null, at: 0, length: 0 };
    const at = this.#used;
    this.#used += count;
    this.#grow();
    for (let i = 0; i < count - 1; i++) this.#words[at + i] = page.getInt32(from + 4 * i, true);
    // The last word ends where the line does, and may share bytes with the one before.
    this.#words[at + count - 1] = page.getInt32(to - 4, true);
    return { meaning, next: null, at, length };
  }

  /** Does the page say this there? */
  isAt(page: DataView, from: number, { at, length }: Line<T>): boolean {
    const last = from + length - 4;
    if (length === 0 || last + 4 > page.byteLength) return false;
    const words = this.#words;
    let word = at;
    for (let byte = from; byte < last; byte += 4) if (page.getInt32(byte, true) !== words[word++]) return false;
    return page.getInt32(last, true) === words[word];
  }

  #grow(): void {
    if (this.#used <= this.#words.length) return;
    const words = new Int32Array(Math.min(wordLimit, 2 * this.#used));
    words.set(this.#words);
    this.#words = words;
  }
}

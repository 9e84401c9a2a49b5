import { NotHttp } from './not-http.js';

const chunkSize = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/;
const newline = 0x0a;
const lineLimit = 4 * 1024;
const trailerLimit = 16 * 1024;

/** A body in chunks: a line with a length in hexadecimal, so many bytes, a line's end; and after a length of 0 the trailers. */
export class ChunkedBody {
  #line = '';
  #left = 0;
  #at: 'size' | 'data' | 'end' | 'trailers' = 'size';
  #trailers = 0;

  /** Null: it goes on. A number: it is over, and so many bytes came after it. */
  read(bytes: Buffer, take: (part: Buffer) => boolean): number | null | 'given up' {
    let from = 0;
    while (from < bytes.length) {
      if (this.#at === 'data') {
        const part = bytes.subarray(from, from + this.#left);
        this.#left -= part.length;
        from += part.length;
        if (!take(part)) return 'given up';
        if (this.#left === 0) this.#at = 'end';
        continue;
      }
      const end = bytes.indexOf(newline, from);
      this.#line += bytes.toString('latin1', from, end < 0 ? bytes.length : end);
      if (this.#line.length > lineLimit) throw new NotHttp('a line between its chunks is too long');
      if (end < 0) return null;
      from = end + 1;
      if (this.#isOver(this.#take())) return bytes.length - from;
    }
    return null;
  }

  #take(): string {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    return line;
  }

  /** Takes in a line between the chunks; true: it was the last one. */
  #isOver(line: string): boolean {
    if (this.#at === 'trailers') {
      this.#trailers += line.length;
      if (this.#trailers > trailerLimit) throw new NotHttp('its trailers are too long');
      return line === '';
    }
    if (this.#at === 'end') {
      if (line !== '') throw new NotHttp('a chunk is longer than it says');
      this.#at = 'size';
      return false;
    }
    const [, size] = chunkSize.exec(line) ?? [];
    if (size === undefined) throw new NotHttp(`a chunk's length is "${line.slice(0, 40)}"`);
    this.#left = parseInt(size, 16);
    this.#at = this.#left === 0 ? 'trailers' : 'data';
    return false;
  }
}

/** Growing and bounded byte buffers for the chunk codec. */

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  byte(value: number): void {
    this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  /** Unsigned LEB128, for integers up to 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** Small magnitudes of either sign stay short. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float64(value: number): void {
    this.#grow(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  bytes(source: Uint8Array): void {
    this.#grow(source.length);
    this.#buffer.set(source, this.#length);
    this.#length += source.length;
  }

  /** A copy: the writer may begin anew. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(copy, 0, 0, this.#length);
    return copy;
  }

  /** Forgets what was written and keeps the room. */
  begin(): void {
    this.#length = 0;
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + by));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(source: Uint8Array) {
    this.#buffer = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw new RangeError('ends a byte too early');
    this.#at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number longer than eight bytes');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  float64(): number {
    if (this.left < 8) throw new RangeError(`ends ${8 - this.left} bytes too early`);
    this.#at += 8;
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  bytes(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#buffer.length) throw new RangeError(`ends ${end - this.#buffer.length} bytes too early`);
    const part = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#buffer.length - this.#at;
  }

  get atEnd(): boolean {
    return this.#at === this.#buffer.length;
  }
}

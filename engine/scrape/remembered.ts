/** What the texts of series mean, so that each is read once: instances of a service show the same ones. */
export class Remembered<T> {
  readonly #byText = new Map<string, T>();
  #characters = 0;

  /** Beyond `limit` characters of text the memory starts anew; `forgot` hears of it. */
  constructor(
    private readonly limit: number,
    private readonly forgot: () => void = () => undefined,
  ) {}

  at(text: string, learn: () => T): T {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const learned = learn();
    this.#characters += text.length;
    if (this.#characters > this.limit) {
      this.clear();
      this.#characters = text.length;
      this.forgot();
    }
    this.#byText.set(text, learned);
    return learned;
  }

  get(text: string): T | undefined {
    return this.#byText.get(text);
  }

  clear(): void {
    this.#characters = 0;
    this.#byText.clear();
  }
}

/**
 * The order of samples within a family: those of one metric (one set of labels) stand together, each once, and their
 * timestamps never fall. Source: OpenMetrics 1.0, "Grouping and ordering".
 */
export class Groups {
  readonly #ended = new Set<string>();
  readonly #series = new Set<string>();
  #current: string | null = null;
  #timestamp: number | null = null;

  /** Why the sample stands in the wrong place; null: it may stand here. `ordered`: its family's times must not fall. */
  add(group: string, series: string, timestamp: number | null, ordered: boolean): string | null {
    if (group !== this.#current) {
      if (this.#ended.has(group)) return 'is apart from the other samples of its metric';
      if (this.#current !== null) this.#ended.add(this.#current);
      this.#current = group;
      this.#series.clear();
    } else if ((timestamp === null) !== (this.#timestamp === null)) {
      return 'has a timestamp, or none, unlike the other samples of its metric';
    } else if (ordered && timestamp !== null && this.#timestamp !== null && timestamp < this.#timestamp) {
      return 'is older than the sample of its metric before it';
    }
    this.#timestamp = timestamp;
    const key = timestamp === null ? series : `${series} ${timestamp}`;
    if (this.#series.has(key)) return 'repeats a series';
    this.#series.add(key);
    return null;
  }
}

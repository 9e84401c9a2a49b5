/** Queries over listed series, answered by the evaluator that scores are made with. */
import { prepareQuery, type Prepared } from './query.js';
import { ListedNames, ListedSource } from './series.js';
import { readQuestion, type Answer } from './wire.js';

const knownLimit = 20_000;

/** Answers lines of JSON; what it has learned of one query serves the next lines. */
export class Batch {
  readonly #names = new ListedNames();
  readonly #queries = new Map<string, Prepared>();

  /** One line of JSON, without its end: `{"results":[...]}`, or `{"error":"..."}` for a line that is no question. */
  answer(line: string): string {
    const read = readQuestion(line);
    if (!read.ok) return JSON.stringify({ error: read.why });
    const { series, evals } = read.question;
    const source = new ListedSource(series, this.#names);
    const { duplicate } = source;
    if (duplicate) return JSON.stringify({ error: `a series is listed twice: ${JSON.stringify(duplicate)}` });
    const results = evals.map(({ atMs, expr }): Answer => {
      const prepared = this.#prepare(expr);
      return prepared.ok ? prepared.query.ask(source, atMs) : { error: prepared.error };
    });
    return JSON.stringify({ results });
  }

  #prepare(text: string): Prepared {
    let prepared = this.#queries.get(text);
    if (!prepared) {
      prepared = prepareQuery(text);
      if (this.#queries.size >= knownLimit) this.#queries.clear();
      this.#queries.set(text, prepared);
    }
    return prepared;
  }
}

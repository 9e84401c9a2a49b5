/**
 * Filters of lists: `zone == "red" and score < 40`. A small language over the fields of a wire type, in the manner of
 * Consul's: no functions, no reaching outside, bounded in length, depth and time.
 *
 *   or    = and { "or" and }            and = not { "and" not }          not = "not" not | "(" or ")" | condition
 *   condition = FIELD ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE
 *             | FIELD [ "not" ] ( "contains" | "matches" ) VALUE
 *             | FIELD [ "not" ] "in" "[" VALUE { "," VALUE } "]"         | VALUE [ "not" ] "in" FIELD
 *             | FIELD "is" [ "not" ] "empty"                             | FIELD (of true or false)
 */
import { didYouMean } from '../spelling.js';
import { contains, equals, isEmpty, isTrue, matches, oneOf, ordered, type Test } from './conditions.js';
import { valuesAt, type Field, type Fields } from './fields.js';
import { filterError } from './problem.js';
import { tokensOf, type Token } from './tokens.js';

export { fieldsOf, type Field, type Fields } from './fields.js';

/** Whether a row is asked for; `now` is what `-10m` counts from. */
export type Filter = (row: unknown, now: number) => boolean;

export const longestFilter = 1_024;
const deepest = 20;
const keywords = new Set(['and', 'or', 'not', 'in', 'is', 'empty', 'contains', 'matches']);

/** @throws BallastError `INVALID_FILTER` (status 400) that names the position, and what was probably meant. */
export const compileFilter = (source: string, fields: Fields): Filter => {
  if (source.length > longestFilter)
    throw filterError(longestFilter + 1, `a filter has at most ${longestFilter} characters, this one ${source.length}`);
  return new FilterParser(tokensOf(source), fields).parse();
};

class FilterParser {
  #next = 0;
  #depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly fields: Fields,
  ) {}

  parse(): Filter {
    const filter = this.#or();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw filterError(rest.at, `${shown(rest)} is one too many`, 'join conditions by and, or');
    return filter;
  }

  #peek(ahead = 0): Token {
    return this.tokens[Math.min(this.#next + ahead, this.tokens.length - 1)] ?? { kind: 'end', text: '', at: 1 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  /** Takes the sign or keyword if it is next. */
  #has(text: string, ahead = 0): boolean {
    const { kind, text: own } = this.#peek(ahead);
    return own === text && (kind === 'sign' || kind === 'word');
  }

  #accept(text: string): boolean {
    const has = this.#has(text);
    if (has) this.#next += 1;
    return has;
  }

  #expect(text: string): void {
    const found = this.#peek();
    if (!this.#accept(text)) throw filterError(found.at, `expected ${text}, found ${shown(found)}`);
  }

  #or(): Filter {
    const parts = [this.#and()];
    while (this.#accept('or')) parts.push(this.#and());
    return some(parts);
  }

  #and(): Filter {
    const parts = [this.#not()];
    while (this.#accept('and')) parts.push(this.#not());
    return every(parts);
  }

  #not(): Filter {
    const { at } = this.#peek();
    this.#depth += 1;
    if (this.#depth > deepest) throw filterError(at, `it stands more than ${deepest} deep in brackets and nots`);
    const filter = this.#accept('not') ? negated(this.#not()) : this.#accept('(') ? this.#bracket() : this.#condition();
    this.#depth -= 1;
    return filter;
  }

  #bracket(): Filter {
    const inner = this.#or();
    this.#expect(')');
    return inner;
  }

  #condition(): Filter {
    const first = this.#peek();
    const turned = this.#has('in', 1) || (this.#has('not', 1) && this.#has('in', 2));
    const isField = first.kind === 'word' && this.fields.has(first.text);
    return turned && !isField ? this.#valueIn() : this.#fieldFirst();
  }

  #valueIn(): Filter {
    const value = this.#value();
    const no = this.#accept('not');
    const operator = this.#take();
    const field = this.#field();
    return on(field, contains(field, operator, value), no);
  }

  #fieldFirst(): Filter {
    const field = this.#field();
    if (this.#accept('is')) {
      const no = this.#accept('not');
      this.#expect('empty');
      return on(field, isEmpty, no);
    }
    const operators = ['==', '!=', '<', '<=', '>', '>=', 'in', 'contains', 'matches'];
    const no = this.#has('not') && operators.slice(6).some((text) => this.#has(text, 1)) && this.#accept('not');
    const operator = this.#peek();
    if (!operators.some((text) => this.#accept(text))) return this.#alone(field, operator);
    return on(field, this.#test(field, operator), no !== (operator.text === '!='));
  }

  #test(field: Field, operator: Token): Test {
    if (operator.text === 'in') return oneOf(field, operator, this.#list());
    const value = this.#value();
    if (operator.text === '==' || operator.text === '!=') return equals(field, operator, value);
    if (operator.text === 'contains') return contains(field, operator, value);
    return operator.text === 'matches' ? matches(field, operator, value) : ordered(field, operator, value);
  }

  #alone(field: Field, next: Token): Filter {
    if (field.kind === 'flag' && !field.isList) return on(field, isTrue, false);
    throw filterError(
      next.at,
      `${field.path} is followed by ${shown(next)}, not by an operator`,
      'such as ==, <, contains, matches, is empty',
    );
  }

  #field(): Field {
    const { kind, text, at } = this.#take();
    const field = kind === 'word' ? this.fields.get(text) : undefined;
    if (field) return field;
    if (kind !== 'word' || keywords.has(text))
      throw filterError(at, `expected a field, found ${shown({ kind, text, at })}`);
    const known = [...this.fields.keys()];
    throw filterError(at, `there is no field ${text}`, didYouMean(text, known) ?? `there are ${known.join(', ')}`);
  }

  #value(): Token {
    const token = this.#take();
    if (token.kind === 'string' || (token.kind === 'word' && !keywords.has(token.text))) return token;
    throw filterError(token.at, `expected a value, found ${shown(token)}`, 'texts stand in "double quotes"');
  }

  #list(): readonly Token[] {
    this.#expect('[');
    const values = [this.#value()];
    while (this.#accept(',')) values.push(this.#value());
    this.#expect(']');
    return values;
  }
}

const shown = ({ kind, text }: Token): string => (kind === 'end' ? 'the end' : JSON.stringify(text));

const on = ({ path }: Field, test: Test, no: boolean): Filter => {
  const keys = path.split('.');
  return (row, now) => test(valuesAt(row, keys), now) !== no;
};

const negated =
  (filter: Filter): Filter =>
  (row, now) =>
    !filter(row, now);

const every =
  (parts: readonly Filter[]): Filter =>
  (row, now) =>
    parts.every((part) => part(row, now));
const some =
  (parts: readonly Filter[]): Filter =>
  (row, now) =>
    parts.some((part) => part(row, now));

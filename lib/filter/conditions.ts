/** Single conditions of a filter: one field, one operator, one literal, checked against each other before anything runs. */
import { parseInstant } from '../instant.js';
import { compileRegex } from '../regex.js';
import { didYouMean } from '../spelling.js';
import type { Field } from './fields.js';
import { filterError } from './problem.js';
import type { Token } from './tokens.js';

/** Whether a field's values (none: it is not known) satisfy a condition. `now` is what relative times count from. */
export type Test = (values: readonly unknown[], now: number) => boolean;

/** A literal in the field's own terms. */
type Literal = (now: number) => unknown;

const longestPattern = 200;

const timeOf = ({ text, at }: Token): Literal => {
  if (parseInstant(text, 0) === null)
    throw filterError(at, `${text} is no time`, 'such as -10m, or "2026-11-26T14:03:00Z"');
  return (now) => parseInstant(text, now);
};

const numberOf = ({ text, at, kind }: Token, { path }: Field): Literal => {
  const value = kind === 'word' && text !== '' ? Number(text) : NaN;
  if (Number.isNaN(value)) throw filterError(at, `${path} is a number, and ${JSON.stringify(text)} is none`);
  return () => value;
};

const textOf = ({ text, at }: Token, { path, choices }: Field): Literal => {
  if (choices !== null && !choices.includes(text))
    throw filterError(
      at,
      `${path} is never ${JSON.stringify(text)}`,
      didYouMean(text, choices) ?? `it is ${choices.join(', ')}`,
    );
  return () => text;
};

const literalOf = (token: Token, field: Field): Literal => {
  if (field.kind === 'time') return timeOf(token);
  if (field.kind === 'number') return numberOf(token, field);
  if (field.kind === 'text') return textOf(token, field);
  if (field.kind !== 'flag')
    throw filterError(token.at, `${field.path} has parts`, `ask about one of them, or "${field.path} is empty"`);
  if (token.text !== 'true' && token.text !== 'false') throw filterError(token.at, `${field.path} is true or false`);
  return () => token.text === 'true';
};

const single = (field: Field, operator: Token): void => {
  if (field.isList)
    throw filterError(
      operator.at,
      `${field.path} is a list, which ${operator.text} cannot compare`,
      'contains, matches, is empty can',
    );
};

export const equals = (field: Field, operator: Token, value: Token): Test => {
  single(field, operator);
  const literal = literalOf(value, field);
  return ([own], now) => own === literal(now);
};

const orders: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** What is not known is neither more nor less than anything. */
export const ordered = (field: Field, operator: Token, value: Token): Test => {
  single(field, operator);
  const order = orders[operator.text];
  if (order === undefined || (field.kind !== 'number' && field.kind !== 'time'))
    throw filterError(operator.at, `${field.path} has no order that ${operator.text} could ask for`);
  const literal = literalOf(value, field);
  return ([own], now) => {
    const limit = literal(now);
    return typeof own === 'number' && typeof limit === 'number' && order(own, limit);
  };
};

/** An element of a list; a part of a text. */
export const contains = (field: Field, operator: Token, value: Token): Test => {
  if (!field.isList && field.kind !== 'text')
    throw filterError(operator.at, `${field.path} is neither a list nor a text`, 'compare it by ==');
  if (!field.isList) return ([own]) => typeof own === 'string' && own.includes(value.text);
  const literal = literalOf(value, field);
  return (values, now) => values.includes(literal(now));
};

export const oneOf = (field: Field, operator: Token, values: readonly Token[]): Test => {
  const tests = values.map((value) => equals(field, operator, value));
  return (own, now) => tests.some((test) => test(own, now));
};

/** The whole text, of a list that of any element, by a regex that cannot backtrack. */
export const matches = (field: Field, operator: Token, value: Token): Test => {
  if (field.kind !== 'text') throw filterError(operator.at, `${field.path} is no text`);
  if (value.text.length > longestPattern)
    throw filterError(value.at, `this pattern is longer than ${longestPattern} characters`);
  const regex = compileRegex(value.text);
  if (!regex.ok) throw filterError(value.at, `this pattern cannot be used: ${regex.why}`);
  return (values) => values.some((own) => typeof own === 'string' && regex.test(own));
};

export const isEmpty: Test = (values) => values.every((value) => value === '');
export const isTrue: Test = ([own]) => own === true;

import { filterError } from './problem.js';

export interface Token {
  /** `word` may be a field, a keyword, or a value without blanks in it. */
  readonly kind: 'word' | 'string' | 'sign' | 'end';
  readonly text: string;
  /** Of its first character, from 1. */
  readonly at: number;
}

const blank = /\s+/y;
const sign = /==|!=|<=|>=|[<>()[\],]/y;
const word = /[A-Za-z0-9_.+:@/%*-]+/y;
/** Double-quoted with `\"` and `\\`, or back-quoted with no escapes at all. */
const quoted = /"(?:[^"\\]|\\["\\])*"|`[^`]*`/y;

const unquote = (text: string): string =>
  text.startsWith('`') ? text.slice(1, -1) : text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');

/** The tokens of a filter, the last of which is its end. @throws BallastError with the position of what is none. */
export const tokensOf = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0] ?? null;
    at += text?.length ?? 0;
    return text;
  };
  while (at < source.length) {
    if (take(blank) !== null) continue;
    const from = at + 1;
    const text = take(sign);
    const string = text === null ? take(quoted) : null;
    const bare = text === null && string === null ? take(word) : null;
    if (text !== null) tokens.push({ kind: 'sign', text, at: from });
    else if (string !== null) tokens.push({ kind: 'string', text: unquote(string), at: from });
    else if (bare !== null) tokens.push({ kind: 'word', text: bare, at: from });
    else throw strange(source, from);
  }
  return [...tokens, { kind: 'end', text: '', at: source.length + 1 }];
};

const strange = (source: string, at: number) => {
  const char = source.charAt(at - 1);
  if (char === '"' || char === '`') return filterError(at, 'a quote is opened and never closed');
  const hint =
    char === '=' ? 'equality is ==' : char === "'" ? 'texts stand in "double quotes" or `back quotes`' : null;
  return filterError(
    at,
    `${JSON.stringify(String.fromCodePoint(source.codePointAt(at - 1) ?? 0))} is not understood`,
    hint,
  );
};

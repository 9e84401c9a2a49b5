/**
 * Regexes from outside, as Prometheus and Consul read them: the syntax of RE2 as Go has it, always matched whole. RE2 never
 * backtracks: what a match costs grows with the length of the value, whatever the regex.
 */
import { RE2JS, RE2JSException } from 're2js';

export interface Regex {
  readonly ok: true;
  readonly test: (value: string) => boolean;
  /** `template` with `$1`, `${name}` and `$$` put in, where the value matches; else null. */
  readonly expand: (value: string, template: string) => string | null;
}

export type CompiledRegex = Regex | { readonly ok: false; readonly why: string };

export const compileRegex = (source: string): CompiledRegex => {
  try {
    // By itself first: `a)(b` is none, though it would become one within our parentheses.
    if (source.includes(')')) RE2JS.compile(source);
    const regex = RE2JS.compile(`^(?s:${source})$`);
    return {
      ok: true,
      test: literal(source) ?? ((value) => regex.test(value)),
      expand: (value, template) => expand(regex, value, template),
    };
  } catch (thrown) {
    if (thrown instanceof RE2JSException) return { ok: false, why: whyOf(thrown.message) };
    throw thrown;
  }
};

/** Most regexes are lists of plain words (`GET|POST`), or ask for anything. */
const literal = (source: string): ((value: string) => boolean) | undefined => {
  if (source === '.*') return () => true;
  if (source === '.+') return (value) => value !== '';
  if (!/^[\w\-/: |]*$/.test(source)) return undefined;
  const words = new Set(source.split('|'));
  return (value) => words.has(value);
};

const whyOf = (message: string): string =>
  message.replace('error parsing regexp: ', '').replace(/`\^\(\?s:(.*)\)\$`/s, '`$1`');

const references = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** Go's Expand: a name is as long as it can be; what names no group is nothing; a `$` before no name stands for itself. */
const expand = (regex: RE2JS, value: string, template: string): string | null => {
  const match = regex.matcher(value);
  if (!match.matches()) return null;
  const names = regex.namedGroups();
  return template.replace(references, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar !== undefined) return dollar;
    const name = braced ?? bare ?? '';
    const group = /^\d+$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? (names[name] ?? Infinity) : Infinity;
    return group <= regex.groupCount() ? (match.group(group) ?? '') : '';
  });
};

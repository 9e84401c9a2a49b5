import type { SyntaxNode } from '@lezer/common';
import { nameLabel } from './labels.js';
import { readString } from './literals.js';
import { QueryError } from './problem.js';
import { compileRegex } from '../../../lib/regex.js';
import { createSelector, type Matcher, type MatchKind, type Selector } from './selector.js';

const kinds: Readonly<Record<string, MatchKind>> = { '=': '=', '!=': '!=', '=~': '=~', '!~': '!~' };

/** From a VectorSelector: `name{label="value"}`, `{__name__=~"..."}`, `{"any name", ...}`. */
export const buildSelector = (node: SyntaxNode, source: string): Selector => {
  let name: string | null = null;
  const matchers: Matcher[] = [];
  const setName = (found: string, { from, to }: SyntaxNode): void => {
    if (name !== null) throw new QueryError('the metric name is given twice', { from, to });
    name = found;
  };
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name === 'Identifier') setName(source.slice(child.from, child.to), child);
  const list = node.getChild('LabelMatchers');
  for (let child = list?.firstChild; child; child = child.nextSibling) {
    if (child.name === 'QuotedLabelName') setName(stringAt(child, source), child);
    else if (child.name.endsWith('LabelMatcher')) matchers.push(buildMatcher(child, source));
  }
  refuseUnbounded(name, matchers, node);
  return createSelector(name, matchers);
};

const stringAt = (node: SyntaxNode, source: string): string => {
  const value = readString(source.slice(node.from, node.to));
  if (value === undefined)
    throw new QueryError('this string is broken or not closed', { from: node.from, to: node.to });
  return value;
};

const buildMatcher = (node: SyntaxNode, source: string): Matcher => {
  const [labelNode, valueNode] = [node.firstChild, node.lastChild];
  const operator = node.getChild('MatchOp');
  const kind = operator ? kinds[source.slice(operator.from, operator.to)] : undefined;
  if (!labelNode || !valueNode || !kind)
    throw new QueryError('this matcher is broken', { from: node.from, to: node.to });
  const label =
    labelNode.name === 'QuotedLabelName' ? stringAt(labelNode, source) : source.slice(labelNode.from, labelNode.to);
  const value = stringAt(valueNode, source);
  return { label, kind, value, test: testOf(kind, value, valueNode) };
};

const testOf = (kind: MatchKind, value: string, { from, to }: SyntaxNode): ((other: string) => boolean) => {
  if (kind === '=') return (other) => other === value;
  if (kind === '!=') return (other) => other !== value;
  const regex = compileRegex(value);
  if (!regex.ok) throw new QueryError(`this regular expression cannot be used: ${regex.why}`, { from, to });
  const { test } = regex;
  return kind === '=~' ? test : (other) => !test(other);
};

/** Prometheus's rule: something must be asked for that the empty value does not fulfil. */
const refuseUnbounded = (name: string | null, matchers: readonly Matcher[], { from, to }: SyntaxNode): void => {
  if (name !== null && matchers.some(({ label }) => label === nameLabel))
    throw new QueryError('the metric name is given twice', { from, to });
  if (name === null && matchers.every(({ test }) => test('')))
    throw new QueryError('this would select everything: name a metric or a label that must not be empty', { from, to });
};

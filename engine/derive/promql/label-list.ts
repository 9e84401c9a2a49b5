import type { SyntaxNode } from '@lezer/common';
import { readString } from './literals.js';
import { childrenOf, spanOf, textOf } from './nodes.js';
import { QueryError } from './problem.js';

const namesIn = (list: SyntaxNode, source: string): string[] =>
  childrenOf(list).map((label) => {
    const text = textOf(label, { source });
    const name = label.name === 'QuotedLabelName' ? readString(text) : text;
    if (name === undefined || name === '') throw new QueryError('this label name is broken', spanOf(label));
    return name;
  });

/** The names in the first parenthesised list of labels. */
export const labelsOf = (node: SyntaxNode, source: string): string[] => {
  const list = childrenOf(node).find((child) => child.name === 'GroupingLabels');
  return list ? namesIn(list, source) : [];
};

/** The names in the list behind `group_left` or `group_right`. */
export const includedIn = (clause: SyntaxNode, group: SyntaxNode, source: string): string[] => {
  const list = childrenOf(clause).find((child) => child.name === 'GroupingLabels' && child.from >= group.to);
  return list ? namesIn(list, source) : [];
};

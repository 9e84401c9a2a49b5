/** Calls of functions and aggregations. */
import type { SyntaxNode } from '@lezer/common';
import { aggregateNames } from './aggregate.js';
import type { AggregateOperator, Expr, Grouping, ValueType } from './ast.js';
import { functions, type FunctionSpec } from './functions.js';
import { labelsBut, onlyLabels } from './labels.js';
import { labelsOf } from './label-list.js';
import { childrenOf, expectType, first, last, spanOf, textOf, unsupported, type Builder } from './nodes.js';
import { QueryError } from './problem.js';
import { compileRegex } from '../../../lib/regex.js';

export const callExpr: Builder = (node, context) => {
  const identifier = first(node);
  const name = textOf(identifier, context);
  const spec = functions.get(name);
  if (!spec) throw unsupported(`the function "${name}" is`, identifier);
  const args = childrenOf(last(node)).map(context.build);
  checkArguments(spec, args, node);
  return { kind: 'call', spec, args, span: spanOf(node) };
};

const checkArguments = (spec: FunctionSpec, args: readonly Expr[], node: SyntaxNode): void => {
  const least = spec.args.length - spec.optional;
  const most = spec.variadic ? Infinity : spec.args.length;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    throw new QueryError(
      `${spec.name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`,
      spanOf(node),
    );
  }
  args.forEach((arg, index) => {
    expectType(arg, spec.args[index] ?? spec.args.at(-1) ?? 'vector', `${spec.name} needs`);
  });
  if (spec.name === 'label_replace') checkReplacement(args);
  if (spec.name === 'label_join') args.slice(3).forEach(checkLabel);
  if (spec.name === 'label_replace' || spec.name === 'label_join') checkLabel(args[1]);
};

const checkLabel = (expr: Expr | undefined): void => {
  if (expr?.kind === 'string' && expr.value === '') throw new QueryError('a label needs a name', expr.span);
};

const checkReplacement = (args: readonly Expr[]): void => {
  const source = args[4];
  if (source?.kind !== 'string') return;
  const regex = compileRegex(source.value);
  if (!regex.ok) throw new QueryError(`this regular expression cannot be used: ${regex.why}`, source.span);
};

/** What stands before the vector: k, the quantile, the label. */
const params: Readonly<Partial<Record<AggregateOperator, ValueType>>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
};

export const aggregateExpr: Builder = (node, context) => {
  const [operatorNode, ...rest] = childrenOf(node);
  const text = operatorNode ? textOf(operatorNode, context).toLowerCase() : '';
  const operator = aggregateNames.find((each) => each === text);
  if (!operator) throw unsupported(`the aggregation "${text}" is`, operatorNode ?? node);
  const body = rest.find((child) => child.name === 'FunctionCallBody');
  const args = body ? childrenOf(body).map(context.build) : [];
  const paramType = params[operator];
  const [expr, param = null] = paramType ? [args[1], args[0]] : [args[0]];
  const wanted = paramType ? 2 : 1;
  if (!expr || args.length !== wanted)
    throw new QueryError(`${operator} takes ${wanted === 1 ? 'one argument' : 'two arguments'}`, spanOf(node));
  if (param && paramType) expectType(param, paramType, `${operator} needs`);
  checkLabel(param ?? undefined);
  expectType(expr, 'vector', `${operator} needs`);
  const modifier = rest.find((child) => child.name === 'AggregateModifier');
  const grouping = groupingOf(modifier, context.source);
  return { kind: 'aggregate', operator, grouping, param, expr, span: spanOf(node) };
};

const groupingOf = (modifier: SyntaxNode | undefined, source: string): Grouping => {
  if (!modifier) return { without: false, labels: [], of: onlyLabels([]) };
  const labels = labelsOf(modifier, source);
  const without = first(modifier).name === 'Without';
  return { without, labels, of: without ? labelsBut(labels) : onlyLabels(labels) };
};

/**
 * Curves that a user writes. The text is untrusted: mathjs parses it, every node is then checked against the short lists
 * below, and it runs over plain numbers that are handed in. No assignment, no text, no list, no property but `cur` and `p`,
 * no function that is not named here: neither `import` nor `evaluate` nor a prototype can be reached.
 */
import type { AccessorNode, ConstantNode, FunctionNode, MathNode, OperatorNode, SymbolNode } from 'mathjs/number';
import { messageOf } from '../../lib/errors.js';
import { functions, operations, parseExpression } from './mathjs.js';

const own = ['cur', 'good', 'critical', 'p'];
const structure = ['ParenthesisNode', 'ConditionalNode', 'RelationalNode'];

const has = (names: readonly string[], name: string): boolean => names.includes(name);

/** Far more than a curve needs: a file cannot cost the engine its time or its stack. */
const maxLength = 500;
const maxNodes = 100;

/** A value of another metric that the expression reads. */
export interface Reference {
  readonly metric: string;
  readonly field: 'cur' | 'p';
}

/** `cur good critical p` of the metric itself, and `{cur, p}` by name of each metric referred to. */
export type ExpressionScope = Record<string, number | { readonly cur: number; readonly p: number }>;

export interface Expression {
  /** It reads `cur` or `p` of its own metric, so it cannot be judged without them. */
  readonly readsOwn: boolean;
  readonly references: readonly Reference[];
  /** The bent penalty, 0..1; NaN where the expression gives no number. */
  readonly evaluate: (scope: ExpressionScope) => number;
}

const refuse = (what: string): never => {
  throw new Error(what);
};

/** What the expression reads, found while each of its nodes is checked. */
class Inspection {
  readonly references: Reference[] = [];
  readsOwn = false;
  private nodes = 0;

  visit(node: MathNode): void {
    this.nodes += 1;
    if (this.nodes > maxNodes) refuse(`it has more than ${maxNodes} terms`);
    if (node.type === 'AccessorNode') this.reference(node as AccessorNode);
    else if (node.type === 'FunctionNode') this.call(node as FunctionNode);
    else {
      this.check(node);
      node.forEach((child) => this.visit(child));
    }
  }

  private check(node: MathNode): void {
    if (node.type === 'SymbolNode') this.symbol((node as SymbolNode).name);
    else if (node.type === 'OperatorNode') this.operator((node as OperatorNode).fn);
    else if (node.type === 'ConstantNode') this.constant((node as ConstantNode).value);
    else if (!has(structure, node.type)) refuse(`${node.type.replace(/Node$/, '').toLowerCase()} is not available`);
  }

  private symbol(name: string): void {
    if (!has(own, name)) refuse(`unknown name ${name}; use cur, good, critical, p, or <metric>.cur and <metric>.p`);
    if (name === 'cur' || name === 'p') this.readsOwn = true;
  }

  private operator(fn: string): void {
    if (!has(operations, fn)) refuse(`operator ${fn} is not available`);
  }

  private constant(value: unknown): void {
    if (typeof value !== 'number' && typeof value !== 'boolean') refuse('only numbers can stand in it');
  }

  private reference({ object, name: field }: AccessorNode): void {
    if (object.type !== 'SymbolNode') return refuse('only <metric>.cur and <metric>.p can be read');
    const { name: metric } = object as SymbolNode;
    if (has(own, metric)) refuse(`${metric} is a number and has no .${field}`);
    // mathjs would look for the function among the values.
    if (has(functions, metric)) refuse(`${metric} is a function here; give the metric another name to refer to it`);
    if (field !== 'cur' && field !== 'p') return refuse(`${metric}.${field} cannot be read; use .cur or .p`);
    this.references.push({ metric, field });
  }

  /** `x.max(1)` is a call too, of something that is no name. */
  private call({ fn, args }: FunctionNode): void {
    const name = fn.type === 'SymbolNode' ? fn.name : '';
    if (!has(functions, name)) refuse(`function ${name || 'call'} is not available; there are ${functions.join(', ')}`);
    const [least, most] = argumentsOf(name);
    if (args.length < least || args.length > most) refuse(`${name} takes ${countOf(least, most)}, not ${args.length}`);
    args.forEach((argument) => this.visit(argument));
  }
}

/** How many arguments a function takes, from and to. */
const argumentsOf = (name: string): readonly [number, number] => {
  if (name === 'min' || name === 'max') return [1, maxNodes];
  return name === 'log' || name === 'round' ? [1, 2] : [1, 1];
};

const countOf = (least: number, most: number): string => {
  if (least === most) return 'one argument';
  return most === maxNodes ? 'at least one argument' : `${least} or ${most} arguments`;
};

/** Booleans count as 0 and 1, so that a comparison alone is a curve; anything else that is no number is NaN. */
const penaltyOf = (result: unknown): number => {
  const value = typeof result === 'boolean' ? Number(result) : result;
  return typeof value === 'number' ? Math.min(1, Math.max(0, value)) : Number.NaN;
};

/** Compiles a curve once, for many evaluations. Throws an Error that says what is wrong with the text. */
export const compileExpression = (text: string): Expression => {
  if (text.length > maxLength) refuse(`it is ${text.length} characters long, at most ${maxLength} are allowed`);
  const root = parseExpression(text);
  const inspection = new Inspection();
  inspection.visit(root);
  const code = root.compile();
  return {
    readsOwn: inspection.readsOwn,
    references: inspection.references,
    evaluate: (scope) => {
      try {
        return penaltyOf(code.evaluate(scope));
      } catch {
        // round(p, 99): mathjs checks an argument's range only now.
        return Number.NaN;
      }
    },
  };
};

/** Offline check of one curve. `metrics` are those it may refer to. Null: it is fine. */
export const checkExpression = (text: string, metrics: ReadonlySet<string>): string | null => {
  try {
    const unknown = compileExpression(text).references.find(({ metric }) => !metrics.has(metric));
    return unknown === undefined ? null : `metric ${unknown.metric} is not one that an expression can refer to`;
  } catch (error) {
    return messageOf(error);
  }
};

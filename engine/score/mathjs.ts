/**
 * mathjs, loaded when the first expression is compiled: it costs some 45 MB and a third of a second, and few services use
 * one. Synchronous, so that compiling is too; it happens while a configuration is read, never in an evaluation of another's.
 */
import { createRequire } from 'node:module';
import type * as Mathjs from 'mathjs/number';
import type { MathNode } from 'mathjs/number';

/** Functions that an expression may call. */
export const functions = ['min', 'max', 'abs', 'sqrt', 'exp', 'log', 'log10', 'floor', 'ceil', 'round'] as const;

/** What the operators stand for; mathjs has no operator that it was not given. */
export const operations = [
  ...(['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'] as const),
  ...(['smaller', 'smallerEq', 'larger', 'largerEq', 'equal', 'unequal', 'and', 'or', 'not'] as const),
] as const;

const load = createRequire(import.meta.url);

const isMathjs = (loaded: unknown): loaded is typeof Mathjs =>
  typeof loaded === 'object' && loaded !== null && 'create' in loaded && 'parseDependencies' in loaded;

/** A mathjs of our own, which knows nothing but what is named above. */
const create = (): Pick<Mathjs.MathJsInstance, 'parse'> => {
  const mathjs: unknown = load('mathjs/number');
  if (!isMathjs(mathjs)) throw new Error('mathjs has not the form that was expected');
  const factories: Mathjs.FactoryFunctionMap = Object.fromEntries(
    [...functions, ...operations].map((name) => [name, mathjs[`${name}Dependencies`] ?? {}]),
  );
  return mathjs.create({ ...factories, parse: mathjs.parseDependencies ?? {} }, {});
};

let math: ReturnType<typeof create> | null = null;

/** @throws Error when the text cannot be parsed. */
export const parseExpression = (text: string): MathNode => (math ??= create()).parse(text);

/** Whether it was needed yet. */
export const isMathjsLoaded = (): boolean => math !== null;

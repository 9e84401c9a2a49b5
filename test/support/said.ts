/** The words of the sources: whether a sentence that a page quotes is one that the code can say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../lib/paths.js';

const filesIn = (path: string): string[] =>
  readdirSync(join(packageRoot, path), { withFileTypes: true }).flatMap((entry) => {
    const file = join(path, entry.name);
    if (entry.isDirectory()) return filesIn(file);
    return entry.name.endsWith('.ts') ? [file] : [];
  });

/** Every text in a source, as its constant pieces; between two pieces anything may stand. */
const textsIn = (file: string): string[][] => {
  const texts: string[][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push([node.text]);
    if (ts.isTemplateExpression(node))
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(packageRoot, file), 'utf8'), ts.ScriptTarget.Latest));
  return texts;
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Letters that a text must have of its own to be recognised by. */
const leastLetters = 4;

const patternOf = (pieces: readonly string[]): RegExp => new RegExp(`^${pieces.map(escaped).join('.+?')}$`);

export interface Sources {
  /** Said as one text, or as several that are joined by semicolons. */
  says(sentence: string): boolean;
  /** Some text is this word, and nothing else. */
  hasWord(word: string): boolean;
}

/** Reads the sources in these folders, but for `without`. */
export const sourcesIn = (folders: readonly string[], without: readonly string[]): Sources => {
  const files = folders.flatMap(filesIn).filter((file) => !without.includes(file));
  const texts = files.flatMap(textsIn);
  const patterns = texts
    .filter((pieces) => pieces.join('').replaceAll(/\W/g, '').length >= leastLetters)
    .map(patternOf);
  const words = new Set(texts.flatMap(([text, ...more]) => (text !== undefined && more.length === 0 ? [text] : [])));
  const says = (sentence: string): boolean =>
    patterns.some((pattern) => pattern.test(sentence)) ||
    [...sentence.matchAll(/; /g)].some(
      ({ index }) => says(sentence.slice(0, index)) && says(sentence.slice(index + 2)),
    );
  return { says, hasWord: (word) => words.has(word) };
};

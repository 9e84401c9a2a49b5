import { isUtf8 } from 'node:buffer';
import { trimBlanks } from './blank.js';

const kinds = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const description = /^#[ \t]+(HELP|TYPE)[ \t]+(?:([a-zA-Z_:][a-zA-Z0-9_:]*|"(?:[^"\\]|\\.)+")(?:[ \t]+([^]*))?)?$/;

/**
 * Why a line of text 0.0.4 that begins with # is wrong; null: it is fine. Comments may say anything; lines that begin with
 * HELP and TYPE describe a metric.
 */
export const commentProblem = (bytes: Uint8Array): string | null => {
  const text = trimBlanks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  if (!/^#[ \t]+(?:HELP|TYPE)(?:[ \t]|$)/.test(text)) return null;
  const [whole, kind, name, rest = ''] = description.exec(text) ?? [];
  if (whole === undefined || name === undefined) return `describes no metric by a valid name`;
  if (kind === 'HELP') return isUtf8(bytes) ? null : 'is not valid UTF-8';
  return kinds.has(rest) ? null : `has "${rest.slice(0, 40)}" for a type; it must be one of ${[...kinds].join(', ')}`;
};

import type { Io } from './io.js';

/** Text is gathered up to this size before it is written. */
const blockSize = 64 * 1024;

/** The lines of a stream of bytes, without their ends; the last one needs none. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of input) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    for (const next of more) {
      yield parts.join('');
      parts = [next];
    }
  }
  const last = parts.join('') + decoder.decode();
  if (last !== '') yield last;
}

/** Answers each line of standard input with one line, in order, as fast as they are taken; ends early at Ctrl-C. */
export const answerLines = async (io: Io, answer: (line: string) => string): Promise<void> => {
  let block = '';
  for await (const line of linesOf(io.input())) {
    if (io.signal.aborted) break;
    block += `${answer(line)}\n`;
    if (block.length < blockSize) continue;
    io.out(block);
    block = '';
    await io.drained();
  }
  io.out(block);
};

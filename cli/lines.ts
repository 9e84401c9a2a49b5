import type { Io } from './io.js';

/** Text is gathered up to this size before it is written. */
const blockSize = 64 * 1024;

/** The lines of a stream of bytes, without their ends, those of one chunk together; the last one needs no end. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of input) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    const last = more.pop();
    if (last === undefined) continue;
    yield [parts.join(''), ...more];
    parts = [last];
  }
  const last = parts.join('') + decoder.decode();
  if (last !== '') yield [last];
}

/**
 * Answers each line of standard input with one line, in order, as fast as they are taken; ends early at Ctrl-C. Whoever waits
 * for an answer before the next line gets it.
 */
export const answerLines = async (io: Io, answer: (line: string) => string): Promise<void> => {
  for await (const lines of linesOf(io.input())) {
    let block = '';
    for (const line of lines) {
      if (io.signal.aborted) return;
      block += `${answer(line)}\n`;
      if (block.length < blockSize) continue;
      io.out(block);
      block = '';
      await io.drained();
    }
    io.out(block);
    await io.drained();
  }
};

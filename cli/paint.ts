/** Colour only ever repeats what a glyph and a word say already. */
import type { Zone } from '../engine/client/index.js';

export type Colour = 'red' | 'green' | 'yellow' | 'grey' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

const codes: Record<Colour, number> = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 };

/** Plain text without colour; see https://no-color.org. */
export const painter =
  (colour: boolean): Paint =>
  (name, text) =>
    colour && text !== '' ? `\u001B[${codes[name]}m${text}\u001B[0m` : text;

export const glyphs: Record<Zone, string> = { green: '●', yellow: '▲', red: '✖', unknown: '?' };
export const zoneColours: Record<Zone, Colour> = { green: 'green', yellow: 'yellow', red: 'red', unknown: 'grey' };

/** `✖ red` */
export const zoneText = (zone: Zone): string => `${glyphs[zone]} ${zone}`;

/** Worst first; what is not known comes before what is known to be well. */
export const zoneRank: Record<Zone, number> = { red: 0, unknown: 1, yellow: 2, green: 3 };

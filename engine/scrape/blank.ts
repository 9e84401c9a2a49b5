/** What separates words on a line of Prometheus text: blanks and tabs; a carriage return too, as some exporters end lines so. */
export const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** Without blanks at its ends; in one go, however many there are. Other white space is none to an exporter. */
export const trimBlanks = (text: string): string => {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
};

/** Edit distance in which two swapped neighbours are one mistake (Damerau's, restricted). */
export const editDistance = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      const steps = [(row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)];
      next.push(Math.min(...steps, ...(swapped ? [(before[j - 1] ?? 0) + 1] : [])));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The candidate that was probably meant: at most a third of it mistyped. */
export const didYouMean = (word: string, candidates: readonly string[]): string | null => {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor((candidate.length + 1) / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? null : `did you mean "${near.candidate}"?`;
};

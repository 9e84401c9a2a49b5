export type Environment = Readonly<Record<string, string | undefined>>;

/** Replaces `${NAME}` and `${NAME:-otherwise}`; `$${` stands for a literal `${`. An unset name without a default is told. */
export const interpolate = (text: string, env: Environment): { text: string; unset: readonly string[] } => {
  const unset: string[] = [];
  const replaced = text.replaceAll(
    /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, escaped: string | undefined, name: string, otherwise: string | undefined) => {
      if (escaped !== undefined) return escaped;
      const value = env[name];
      if (value !== undefined && (value !== '' || otherwise === undefined)) return value;
      if (otherwise !== undefined) return otherwise;
      unset.push(name);
      return '';
    },
  );
  return { text: replaced, unset };
};

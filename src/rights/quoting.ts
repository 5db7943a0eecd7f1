// How names stand in what other tools read: words of a shell, lines of LDIF.
// POSIX.1 (Shell Command Language) section 2.2.2; RFC 2849.

/** A word that the shell takes as it is. */
export const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A line may go on in the next one behind a blank. */
export function fold(line: string): string {
  return line.replace(/(.{100})(?=.)/g, '$1\n ');
}

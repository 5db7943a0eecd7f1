// What a server says of an error, fit for the eyes of an administrator: its words stay, values, DNs and credentials in it do not.
// RFC 4511 section 4.1.9: a diagnostic message may hold anything.

/** Characters: some servers quote whole entries. */
const longest = 300;

/** What stands for something that is left out. */
const gap = '…';

/** What was sent: left out wherever it stands. */
export interface SentValues {
  /** However short they are. */
  readonly secrets: readonly string[];
  readonly others: readonly string[];
}

/** @param isName whether a word is the name of an attribute or class of the schema: those stay where they are quoted */
export function sanitizeDiagnostic(text: string, isName: (word: string) => boolean, { secrets, others }: SentValues): string {
  const flat = text.slice(0, 10 * longest).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  const sent = [...secrets, ...others.filter((value) => value.length > 2 && !isName(value))].toSorted((a, b) => b.length - a.length);
  const plain = sent
    .reduce(leaveOut, flat)
    .replaceAll(/\b(Bearer|Basic) +\S+/gi, `$1 ${gap}`)
    .replaceAll(/(["'`‘“])([^"'`’”]*)(["'’”])/gu, (whole, open: string, inner: string, close: string) =>
      isName(inner.trim()) ? whole : `${open}${gap}${close}`,
    )
    .replaceAll(/[^\s"'<>(),;=:]+@[^\s"'<>(),;]+/g, gap)
    // `attribute=value`, alone or in a DN: the value may have blanks, so all is left out up to what ends it for sure.
    .replaceAll(/\b([A-Za-z][\w-]*|\d+(?:\.\d+)+) *= *(?:\\.|[^\\,+;)\]"'<>])+/g, `$1=${gap}`)
    .trim();
  return plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}${gap}` : plain;
}

/** Without regard to case: servers fold what they quote. */
function leaveOut(text: string, value: string): string {
  if (value === '') return text;
  const [where, what] = [text.toLowerCase(), value.toLowerCase()];
  // A letter whose lower case is longer would shift the places.
  if (where.length !== text.length || what.length !== value.length) return text.replaceAll(value, gap);
  let [result, from] = ['', 0];
  for (let at = where.indexOf(what); at !== -1; at = where.indexOf(what, from)) {
    result += `${text.slice(from, at)}${gap}`;
    from = at + what.length;
  }
  return result + text.slice(from);
}

// A map of the configuration before its definition has been checked: anything may be missing or something else.

export type Section = Readonly<Record<string, unknown>>;

/** What is no map has no keys. */
export function asSection(data: unknown): Section {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Section) : {};
}

// A wait with an end: for something that is under way, but no longer than a request may take.
// No RFC.

/** Waits for `promise`, but no longer than `milliseconds`. */
export async function waitFor(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, milliseconds));
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

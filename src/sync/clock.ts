// A clock that nobody sets, for how old something is: that of the wall may jump, and go back.
// No RFC; clock_gettime(2), CLOCK_MONOTONIC: one for all threads of a process.

const uptime = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** What makes epoch milliseconds of it, as the clock on the wall has them now. */
export const epochOfSteadyClock = (): number => Date.now() - uptime();

/** Epoch milliseconds, whole ones. @param epoch the same in all threads that compare times */
export const steadyClock =
  (epoch: number): (() => number) =>
  () =>
    Math.floor(epoch + uptime());

// Work at the times that a cron expression names, by a clock that may be set: back, and nothing waits until it is that late again; forward, and
// what was leapt over is done once, and not as often as it was missed.
// No RFC; times by node-cron.
import { createTask, type ScheduledTask } from 'node-cron';

/** Milliseconds after which the clock is looked at again. */
const longestWait = 1000;

export class Schedule {
  readonly #times: ScheduledTask;
  readonly #work: () => Promise<unknown>;
  #next: number;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param expression of cron. @param work never rejects; a time that comes while it runs is left out */
  constructor(expression: string, timezone: string, work: () => Promise<unknown>) {
    this.#times = createTask(expression, () => undefined, { timezone });
    this.#work = work;
    this.#next = this.#coming();
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Epoch milliseconds by the clock as it is now. */
  #coming(): number {
    return this.#times.getNextRuns(1)[0]?.getTime() ?? Infinity;
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#look(), Math.min(longestWait, Math.max(1, this.#next - Date.now())));
  }

  #look(): void {
    const isDue = Date.now() >= this.#next;
    this.#next = isDue ? this.#coming() : Math.min(this.#next, this.#coming());
    this.#wait();
    if (isDue && !this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    await this.#work();
    this.#isBusy = false;
  }
}

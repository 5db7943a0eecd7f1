// The gateway in a process of its own, as `serve` runs it, told what to do by the benchmark.
// No RFC.
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { answerParent } from './parent.ts';

let app: App | undefined;

const follower = () => {
  const found = app?.followers.get('main');
  if (!found) throw new Error('this gateway has no snapshot');
  return found;
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

answerParent(
  {
    /** Listening is enough: the directory may be away. */
    async start({ file, text }: { readonly file: string; readonly text: string }) {
      app = createApp(loadConfig(file, { env: process.env, text }));
      void app.start();
    },
    poll: () => timed(() => follower().run('poll')),
    sweep: () => timed(() => follower().run('sweep')),
    readAll: () => timed(() => follower().readAll(false)),
    status: () => follower().status(),
  },
  async () => {
    await app?.stop();
  },
);

// How the tests run: one set-up that makes sure of the directory servers, then every test file, two at a time; each starts the servers it
// needs. Files of servers that are not selected (test/servers/selection.ts) are not collected. test/bench is run on purpose only.
import { configDefaults, defineConfig } from 'vitest/config';
import { filesLeftOut, selectDirectories } from './test/servers/selection.ts';

export default defineConfig(async () => ({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/bench/**', ...filesLeftOut(await selectDirectories(process.env['DIRECTORIES']))],
    globalSetup: ['test/servers/setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default'],
  },
}));

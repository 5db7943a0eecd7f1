// How the tests run: one set-up that makes sure of slapd, then every test file, two at a time; each starts the servers it needs.
// test/bench is run on purpose only.
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/bench/**'],
    globalSetup: ['test/servers/setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default'],
  },
});

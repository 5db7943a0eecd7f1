// Runs once before all tests (vitest globalSetup): whatever the servers need is installed before workers ask for it in parallel.
// Test set-up only.
import { ensureSlapd } from './install.ts';

export async function setup(): Promise<void> {
  await ensureSlapd();
}

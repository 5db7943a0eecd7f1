// Runs once before all tests (vitest globalSetup): whatever the servers need is installed and provisioned before workers ask for it in parallel.
// Test set-up only.
import { prepareDs389 } from './ds389.ts';
import { ensureSlapd } from './install.ts';
import { prepareSamba } from './samba.ts';
import { describeSelection, selectDirectories } from './selection.ts';

export async function setup(): Promise<void> {
  const selection = await selectDirectories(process.env['DIRECTORIES']);
  process.stdout.write(`${describeSelection(selection)}\n`);
  await ensureSlapd();
  if (selection.selected.has('samba')) await prepareSamba();
  if (selection.selected.has('ds389')) await prepareDs389();
}

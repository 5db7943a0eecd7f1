// Runs a command of the command line in this process and keeps what it prints.
// Test set-up only.
import { vi } from 'vitest';

export interface Captured {
  readonly code: number;
  readonly output: string;
}

export async function runCommand(
  command: { run(values: Readonly<Record<string, unknown>>): Promise<number> },
  values: Readonly<Record<string, unknown>>,
): Promise<Captured> {
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(' ')));
  try {
    return { code: await command.run(values), output: lines.join('\n') };
  } finally {
    spy.mockRestore();
  }
}

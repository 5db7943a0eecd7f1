// The log that an operator would read, as the gateway writes it while a test runs.
// Test set-up only.
import { PassThrough } from 'node:stream';
import { createLogger, logChannels } from '../../src/telemetry.ts';

export interface Log {
  /** The whole text so far. */
  text(): string;
  /** The fields of the lines with that message. */
  lines(message: string): readonly Readonly<Record<string, unknown>>[];
  stop(): void;
}

export function recordLog(): Log {
  const stream = new PassThrough();
  const stop = logChannels(createLogger({ level: 'debug', format: 'json', stream }));
  let text = '';
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return {
    text: () => text,
    lines: (message) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['message'] === message),
    stop,
  };
}

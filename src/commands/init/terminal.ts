// Questions to the person at the terminal. Passwords are read without an echo.
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { UsageError } from '../usage-error.ts';

export interface Terminal {
  /** There is somebody to ask. */
  readonly interactive: boolean;
  /** An empty answer means the proposal. @throws UsageError when the person ends it */
  ask(question: string, proposal?: string): Promise<string>;
  /** @throws UsageError when the person ends it */
  askSecret(question: string): Promise<string>;
}

type Input = Readable & { readonly isTTY?: boolean };
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Questions go to standard error: standard output belongs to the result. */
export function openTerminal(input: Input = process.stdin, output: Output = process.stderr): Terminal {
  return {
    interactive: input.isTTY === true && output.isTTY === true,
    async ask(question, proposal) {
      const answer = await readLine(input, output, `${question}${proposal === undefined ? '' : ` [${proposal}]`}: `);
      return answer.trim() || (proposal ?? '');
    },
    async askSecret(question) {
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const answer = await readLine(input, silent, '', () => output.write(`${question}: `));
      output.write('\n');
      return answer;
    },
  };
}

/** `onReady`: the terminal does not echo by itself any more. */
function readLine(input: Input, output: NodeJS.WritableStream, prompt: string, onReady: () => void = () => undefined): Promise<string> {
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    lines.once('close', () => reject(new UsageError('Nothing was written.')));
    lines.question(prompt, (answer) => {
      resolve(answer);
      lines.close();
    });
    onReady();
  });
}

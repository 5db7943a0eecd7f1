// Loopback ports: one that is free, and one on which a server that was just started has begun to listen.
// Test set-up only.
import type { ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port that accepts is enough: servers answer what came early as soon as they are ready. @throws Error when the process ends before */
export async function untilListening(child: ChildProcess, port: number, host = '127.0.0.1'): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode} before it listened on port ${port}`);
    if (await accepts(port, host)) return;
    await sleep(20);
  }
  throw new Error(`${child.spawnfile} does not answer on port ${port}`);
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

// Bytes to a port, and what comes back: for requests that no HTTP client would send.
import { connect } from 'node:net';

/** Sends text and gives all that the other side answered until it closed the connection. */
export function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text, 'latin1'));
    socket.on('data', (bytes) => received.push(bytes));
    socket.on('close', () => resolve(Buffer.concat(received).toString()));
    socket.on('error', reject);
  });
}

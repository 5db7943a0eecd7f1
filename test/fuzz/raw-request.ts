// What would be a request if it were HTTP: smuggled ones, broken framing, other protocols.
// Test set-up only; RFC 9112 sections 6 and 11.
import { spoilText } from './filters.ts';
import { tokens } from './headers.ts';
import { hostileText } from './hostile.ts';
import type { Knowledge } from './knowledge.ts';
import type { Random } from './random.ts';
import { basePath, type FuzzRequest } from './request.ts';

/** What would be a request if it were HTTP. No blank line is missing where a server would rightly wait for it: the connection ends instead. */
export function rawRequest(random: Random, knowledge: Knowledge): FuzzRequest {
  const isSpoiled = random.chance(0.2);
  // Spoiled it may be well-formed after all, two requests in one: then there must be nobody to delete.
  const id = isSpoiled ? 'x' : random.pick(knowledge.users.concat('x'));
  const authorization = `Authorization: Bearer ${tokens.compat}`;
  const start = `POST ${basePath}/Users HTTP/1.1\r\nHost: a\r\n${authorization}\r\nContent-Type: application/json\r\n`;
  const smuggled = `DELETE ${basePath}/Users/${id} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`;
  const text = random.pick([
    `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Content-Length: +0\r\n\r\n${smuggled}`,
    `${start}Content-Length: 0x0\r\n\r\n${smuggled}`,
    `${start}Content-Length : ${smuggled.length}\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: identity, chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${smuggled}`,
    `${start}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n`,
    `${start}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${start}X\0: a\r\n\r\n`,
    `${start}Content-Length: 1000\r\n\r\n{"schemas":`,
    `${start}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a"`,
    `${start}`,
    'GET',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/0.9\r\n\r\n',
    `GET ${basePath}/Users?filter=userName eq "x" HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\nHost: a\r\nHost: b\r\n${authorization}\r\n\r\n`,
    `GET ${basePath}/Users?count=0 HTTP/1.0\r\n${authorization}\r\n\r\n`,
    `CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET * HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET http://[ HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `GET //evil.example${basePath}/Users?count=0 HTTP/1.1\r\nHost: a\r\n${authorization}\r\n\r\n`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`,
    `${hostileText(random)}\r\n\r\n`,
    `GET ${basePath}/Users HTTP/1.1\r\n${'X: y\r\n'.repeat(3000)}\r\n`,
  ]);
  const spoiled = isSpoiled ? spoilText(text, random) : text;
  return { method: 'RAW', target: '', headers: [], body: undefined, chunked: false, raw: Buffer.from(spoiled, 'latin1') };
}

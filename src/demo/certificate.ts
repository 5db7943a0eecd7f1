// A certificate that signs itself, made at start, so that the demo has TLS without any tool: Node.js signs, and this writes the form.
// RFC 5280 section 4.1 (X.509 version 3), RFC 5758 section 3.2 (ecdsa-with-SHA256); on ldapts' BerWriter, whose output is DER here.
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { BerWriter } from 'ldapts';

export interface IssuedCertificate {
  /** PEM text; it is its own authority, to be trusted as such. */
  readonly certificate: string;
  /** PEM text. */
  readonly key: string;
}

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;
const tag = { integer: 0x02, bitString: 0x03, octetString: 0x04, utf8String: 0x0c, utcTime: 0x17, sequence: 0x30, set: 0x31 } as const;
const day = 86_400_000;

/** For a server of these DNS names and addresses, from yesterday for a year. */
export function issueCertificate(name: string, dnsNames: readonly string[], addresses: readonly string[]): IssuedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subject = sequence(element(tag.set, sequence(identifier(oid.commonName), element(tag.utf8String, Buffer.from(name)))));
  const algorithm = sequence(identifier(oid.ecdsaWithSha256));
  const toBeSigned = sequence(
    element(0xa0, element(tag.integer, Buffer.from([2]))),
    element(tag.integer, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    subject,
    sequence(time(Date.now() - day), time(Date.now() + 365 * day)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      sequence(
        extension(oid.basicConstraints, sequence(element(0x01, Buffer.from([0xff])))),
        extension(oid.subjectAltName, alternativeNames(dnsNames, addresses)),
      ),
    ),
  );
  const signature = createSign('sha256').update(toBeSigned).sign(privateKey);
  const certificate = sequence(toBeSigned, algorithm, element(tag.bitString, Buffer.from([0]), signature));
  return { certificate: toPem(certificate), key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
}

function element(type: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const writer = new BerWriter({ size: content.length + 16 });
  writer.writeBuffer(content, type);
  return writer.buffer;
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return element(tag.sequence, ...contents);
}

function identifier(text: string): Buffer {
  const writer = new BerWriter();
  writer.writeOID(text, 0x06);
  return writer.buffer;
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(2, 14);
  return element(tag.utcTime, Buffer.from(`${digits}Z`));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(identifier(id), element(tag.octetString, value));
}

function alternativeNames(dnsNames: readonly string[], addresses: readonly string[]): Buffer {
  const names = [...new Set(dnsNames)].map((name) => element(0x82, Buffer.from(name)));
  return sequence(
    ...names,
    ...[...new Set(addresses)].filter((address) => isIP(address) !== 0).map((address) => element(0x87, encodeAddress(address))),
  );
}

function encodeAddress(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = [], tail] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = tail === undefined ? [...head] : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

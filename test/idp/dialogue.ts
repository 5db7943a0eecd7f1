// What the replayed dialogues share: a client that sends exactly the headers of an identity provider, and a look at what landed in LDAP.
// Test set-up only; RFC 7644.
import { request } from 'node:http';
import type { Entry } from '../../src/ldap/entry.ts';
import { type Body, type Reply, urn } from '../directory/scim-client.ts';
import type { Face } from '../directory/faces.ts';
import type { Stage } from '../directory/stage.ts';

export interface Provider {
  readonly name: string;
  readonly dialect: Parameters<Stage['tokenOf']>[0];
  /** Of every request, exactly these and the token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of requests with a body. */
  readonly contentType: string;
  /** What the provider appends to every URL, because it was configured as part of the base URL. */
  readonly query?: string;
}

/** A reply as it came over the wire. */
export interface Heard extends Reply {
  readonly contentType: string;
  readonly text: string;
}

/** The SCIM attributes whose LDAP attributes differ between directories. */
const inetOrgPerson = {
  employeeNumber: 'employeeNumber',
  organization: 'o',
  division: 'ou',
  streetAddress: 'street',
  roles: 'labeledURI',
} as const;
type Differing = keyof typeof inetOrgPerson;
const activeDirectory: Readonly<Record<Differing, string>> = {
  employeeNumber: 'employeeID',
  organization: 'company',
  division: 'division',
  streetAddress: 'streetAddress',
  roles: 'url',
};

/** An identity provider in conversation with the gateway before one directory. */
export class Dialogue {
  readonly stage: Stage;
  readonly provider: Provider;

  constructor(stage: Stage, provider: Provider) {
    this.stage = stage;
    this.provider = provider;
  }

  get face(): Face {
    return this.stage.face;
  }

  /** Base URL as the gateway says it. */
  get base(): string {
    return this.stage.scim.base;
  }

  get(path: string): Promise<Heard> {
    return this.send('GET', path);
  }

  post(path: string, body: unknown): Promise<Heard> {
    return this.send('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Heard> {
    return this.send('PUT', path, body);
  }

  patch(path: string, body: unknown): Promise<Heard> {
    return this.send('PATCH', path, body);
  }

  delete(path: string): Promise<Heard> {
    return this.send('DELETE', path);
  }

  /** Blanks, quotes and what is beyond ASCII are percent-encoded in the path, as every client does it; text bodies go as they are. */
  send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
    const { provider, stage } = this;
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const url = stage.scim.base + withQuery(path, provider.query).replaceAll(/[^!#-;=?-Z_a-z~]+/gu, encodeURIComponent);
    const sent = {
      ...provider.headers,
      Authorization: `Bearer ${stage.tokenOf(provider.dialect)}`,
      ...(payload !== undefined && { 'Content-Type': provider.contentType, 'Content-Length': String(Buffer.byteLength(payload)) }),
      ...headers,
    };
    return exchange(url, method, sent, payload);
  }

  /** The resources of a query that must be answered with a complete ListResponse. */
  async find(path: string): Promise<readonly Body[]> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body['Resources'] as readonly Body[];
  }

  entry(id: string): Promise<Entry> {
    return this.stage.look.entry(id);
  }

  /** The values of the LDAP attributes behind these names: those of `Differing`, of the face, or of LDAP itself. Sorted; absent ones are []. */
  async landed(id: string, ...names: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>> {
    const entry = await this.entry(id);
    return Object.fromEntries(names.map((name) => [name, [...entry.texts(this.#ldapName(name))].toSorted()]));
  }

  /** Whether the directory says that the account is disabled, read as its administrators would. */
  async isDisabled(id: string): Promise<boolean> {
    const entry = await this.entry(id);
    switch (this.face.type) {
      case 'samba-ad':
        return (Number(entry.texts('userAccountControl')[0]) & 2) !== 0;
      case '389ds':
        return entry.texts('nsAccountLock')[0]?.toLowerCase() === 'true';
      default:
        return entry.texts('employeeType').includes('disabled');
    }
  }

  /** Ids of the entries that the group names in LDAP, without the placeholder of empty groups; a DN that names nothing is an empty text. */
  async membersInLdap(id: string): Promise<readonly string[]> {
    const { look, directory } = this.stage;
    const dns = (await look.entry(id)).texts(this.face.ldap.member);
    // With the suffix of the mapping's placeholder, or as refint writes it in place of the last member.
    const hidden = new Set(['cn=nobody', `cn=nobody,${directory.suffix}`]);
    const ids = dns.filter((dn) => !hidden.has(dn)).map(async (dn) => look.idOf(await look.at(dn)));
    return (await Promise.all(ids)).toSorted();
  }

  /** Whether an entry has that id. */
  async exists(id: string): Promise<boolean> {
    const { look, face } = this.stage;
    return (await look.find(face.ldap.id, face.ldap.encodeId(id))).length > 0;
  }

  #ldapName(name: string): string {
    if (Object.hasOwn(inetOrgPerson, name)) return (this.face.type === 'samba-ad' ? activeDirectory : inetOrgPerson)[name as Differing];
    const own = { userName: 1, externalId: 1, mail: 1, department: 1 };
    return Object.hasOwn(own, name) ? this.face.ldap[name as keyof typeof own] : name;
  }
}

/** A PatchOp message. */
export const patchOp = (...Operations: readonly Record<string, unknown>[]): Record<string, unknown> => ({
  schemas: [urn.patch],
  Operations,
});

/** Declares the dialogues of one provider. */
export type Replay = (dialogue: (provider: Provider) => Dialogue) => void;

function withQuery(path: string, query: string | undefined): string {
  if (query === undefined) return path;
  return path.includes('?') ? path.replace('?', `?${query}&`) : `${path}?${query}`;
}

function exchange(url: string, method: string, headers: Readonly<Record<string, string>>, payload: string | undefined): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body = (text === '' ? {} : JSON.parse(text)) as Body;
        const heard = new Headers(Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]));
        resolve({
          status: response.statusCode ?? 0,
          headers: heard,
          body,
          text,
          id: String(body['id']),
          etag: heard.get('ETag') ?? '',
          contentType: heard.get('Content-Type') ?? '',
        });
      });
    });
    sending.on('error', reject);
    sending.end(payload);
  });
}

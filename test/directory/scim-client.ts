// A SCIM client that speaks HTTP and nothing else, and the resources it sends.
// Test set-up only; RFC 7644.

/** A JSON object as it came; tests look at it with matchers. */
export type Body = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  /** `id` of the resource in the body. */
  readonly id: string;
  readonly etag: string;
}

export const urn = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
} as const;

export interface PatchOp {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}

export class ScimClient {
  readonly base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.base = base;
    this.#token = token;
  }

  async send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const response = await fetch(this.base + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'Content-Type': 'application/scim+json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as Body;
    return {
      status: response.status,
      headers: response.headers,
      body: parsed,
      id: String(parsed['id']),
      etag: response.headers.get('ETag') ?? '',
    };
  }

  get(path: string, query: Readonly<Record<string, string | number>> = {}, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const text = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    return this.send('GET', text === '' ? path : `${path}?${text}`, undefined, headers);
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.send('POST', path, body);
  }

  put(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('PUT', path, body, headers);
  }

  patch(path: string, operations: readonly PatchOp[], headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('PATCH', path, { schemas: [urn.patch], Operations: operations }, headers);
  }

  delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** The resources of a query, whose answer must be complete. */
  async find(path: string, filter: string, query: Readonly<Record<string, string | number>> = {}): Promise<readonly Body[]> {
    const { status, body } = await this.get(path, { filter, count: 1000, ...query });
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return (body['Resources'] ?? []) as readonly Body[];
  }
}

let count = 0;

/** A name that no other test uses. */
export function newName(prefix = 'u'): string {
  count += 1;
  return `${prefix}-${count}`;
}

export function newUser(extra: Body = {}): Body {
  const userName = newName('user');
  return { schemas: [urn.user], userName, name: { givenName: 'Given', familyName: `Family ${userName}` }, ...extra };
}

export function newGroup(extra: Body = {}): Body {
  return { schemas: [urn.group], displayName: newName('group'), ...extra };
}

export const asMembers = (...ids: readonly string[]): readonly Body[] => ids.map((value) => ({ value }));

/** The ids in `members` or `groups` of a resource, in order of text. */
export function idsIn(resource: Body, attribute = 'members'): readonly string[] {
  return ((resource[attribute] ?? []) as readonly Body[]).map(({ value }) => String(value)).toSorted();
}

export const valueOf = (resource: Body, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Body | undefined)?.[name], resource);

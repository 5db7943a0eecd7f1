// The use cases of one directory, as the HTTP layer sees them: SCIM requests in, SCIM resources out. It throws ScimError, never a status code.
import type { Unusable } from '../cache/source.ts';
import type { ListQuery } from '../scim/messages.ts';
import type { Projection } from '../scim/resource.ts';
import type { JsonObject, Resource, ResourceType } from '../scim/schema.ts';
import type { Client } from './client.ts';

/** Conditions of RFC 9110 section 13 on one resource: entity tags as sent, compared weakly (D-13). */
export interface Conditions {
  readonly ifMatch?: readonly string[] | '*';
  readonly ifNoneMatch?: readonly string[] | '*';
}

/** One resource as answered: already projected and in the client's view. */
export interface Answer {
  /** Without it and `rendered` there is nothing to show: it is not modified (304), or members of a group were changed without reading them (204). */
  readonly resource: Resource | undefined;
  /** Instead of `resource`: its JSON, as UTF-8. */
  readonly rendered?: Buffer;
  readonly location: string;
  /** The entity tag, `W/"…"`, when versions are supported. */
  readonly version: string | undefined;
}

/** Where an answer comes from: the snapshot, so many milliseconds old and good for so many more; or the directory, and why (RFC 9211). */
export type ListSource = { readonly age: number; readonly left: number } | { readonly live: 'bypass' | Unusable };

export interface ListAnswer {
  readonly resources: readonly Resource[];
  /** Instead of `resources`: their JSON, with commas between them, as UTF-8. */
  readonly rendered?: { readonly json: Buffer; readonly count: number };
  /** Undefined where there is no snapshot. */
  readonly source?: ListSource | undefined;
  readonly totalResults: number;
  /** Of a page by index. */
  readonly startIndex?: number | undefined;
  /** Of a page by cursor: where there is a page before or behind it (RFC 9865 section 2). */
  readonly previousCursor?: string | undefined;
  readonly nextCursor?: string | undefined;
}

/** The resource that stands for a client, and that client with the restrictions of self-service. */
export interface Self {
  readonly client: Client;
  readonly type: ResourceType;
  readonly id: string;
}

export interface Gateway {
  /** Name of the directory in the configuration. */
  readonly directory: string;
  /** Base path, e.g. `/scim/v2`. */
  readonly path: string;
  /** Public base URL: publicUrl + path. */
  readonly baseUrl: string;
  /** Whether the directory answered when it was last asked. */
  ready(): boolean;

  /** The resource types this client may see. Without a client: all, for ServiceProviderConfig and 405 decisions only. */
  resourceTypes(client?: Client): readonly ResourceType[];
  /** The discovery documents (RFC 7644 section 4). */
  serviceProviderConfig(): JsonObject;
  schemas(client: Client): readonly JsonObject[];
  resourceTypeDocuments(client: Client): readonly JsonObject[];

  /** The resource behind `/Me` (RFC 7644 section 3.11). @throws ScimError notFound where there is none */
  self(client: Client): Promise<Self>;
  /**
   * One page of the resources of a type (RFC 7644 section 3.4.2, RFC 9865). @throws ScimError 400 (invalidFilter and those of cursors);
   * tooMany when the directory would have to look at too much; unavailable while it cannot be reached, as every use case does
   */
  list(client: Client, type: ResourceType, query: ListQuery): Promise<ListAnswer>;
  /** All resource types that the client may read (RFC 7644 section 3.4.2.1). */
  listAll(client: Client, query: (type: ResourceType) => ListQuery): Promise<ListAnswer>;
  /** RFC 7644 section 3.4.1; the answer has no resource when If-None-Match holds (304). @throws ScimError notFound, preconditionFailed */
  get(client: Client, type: ResourceType, id: string, projection: Projection, conditions: Conditions): Promise<Answer>;
  /**
   * RFC 7644 section 3.3. @throws ScimError 400 for what the schema, the mapping or the directory does not take; uniqueness; 403 where
   * nothing is created
   */
  create(client: Client, type: ResourceType, body: unknown, projection: Projection): Promise<Answer>;
  /** RFC 7644 section 3.5.1. @throws ScimError notFound, preconditionFailed, mutability, uniqueness; 403 for an entry that is protected */
  replace(client: Client, type: ResourceType, id: string, body: unknown, projection: Projection, conditions: Conditions): Promise<Answer>;
  /**
   * RFC 7644 section 3.5.2: all operations or none. The answer may have no resource (204).
   * @throws ScimError as `replace`, and noTarget, invalidPath
   */
  patch(client: Client, type: ResourceType, id: string, body: unknown, projection: Projection, conditions: Conditions): Promise<Answer>;
  /** RFC 7644 section 3.6. @throws ScimError notFound, preconditionFailed; 403 where nothing is deleted, or the entry is protected */
  delete(client: Client, type: ResourceType, id: string, conditions: Conditions): Promise<void>;
}

// `/Me`: the resource of the caller itself, under the URL that is the same for everybody.
// RFC 7644 section 3.11: processed directly, answered with the permanent location; nobody registers here.
import type { Gateway } from '../gateway/gateway.ts';
import { ScimError } from '../scim/error.ts';
import type { BodyReader } from './body.ts';
import type { Operations } from './endpoint.ts';
import { resourceOperations } from './resource.ts';

export function addMe(add: (pattern: string, operations: Operations) => void, gateway: Gateway, readBody: BodyReader): void {
  add('/Me', {
    ...resourceOperations(gateway, readBody, (_exchange, client) => gateway.self(client), true),
    POST: () => {
      throw new ScimError(501, 'Self-registration: not supported');
    },
  });
}

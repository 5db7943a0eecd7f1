// One URL pattern and what each method does there: HEAD as GET, OPTIONS and 405 with Allow, for every endpoint alike.
// RFC 9110 sections 9.3.2, 9.3.7 and 15.5.6; the endpoint x method table of RFC 7644 section 3.2.
import type { Request, Response, Router } from 'express';
import { ScimError } from '../scim/error.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import { errorReply, type Reply, send } from './reply.ts';

export type Operation = (exchange: Exchange) => Reply | Promise<Reply>;
export type Operations = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Operation>>>;

/** @param pattern literal text, with `{id}` for one path segment */
export function addEndpoint(router: Router, pattern: string, operations: Operations, base = ''): void {
  const methods = new Map<string, Operation>(Object.entries(operations));
  const read = methods.get('GET');
  if (read !== undefined) methods.set('HEAD', read);
  const headers = { Allow: [...methods.keys(), 'OPTIONS'].join(', ') };
  const refuse: Operation = ({ request }) => errorReply(new ScimError(405, `${request.method} is not allowed on this URL`), headers);
  methods.set('OPTIONS', () => ({ status: 204, headers }));

  router.all(literal(pattern).replace('\\{id\\}', ':id'), async (request: Request, response: Response) => {
    const exchange = exchangeOf(response);
    exchange.route = base + pattern;
    const operation = methods.get(request.method) ?? refuse;
    send(exchange, await operation(exchange));
  });
}

/** Text as an Express path that matches just this text. */
export function literal(text: string): string {
  return text.replaceAll(/[{}()[\]+?!:*\\]/g, '\\$&');
}

/** The `{id}` of the URL, decoded. */
export function idOf({ request }: Exchange): string {
  const id = request.params['id'];
  return typeof id === 'string' ? id : '';
}

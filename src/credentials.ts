// A client of the configuration as requests know it: who it is, what it may do, and by what it proves that.
// RFC 6750 (bearer tokens), RFC 9068 (access tokens), RFC 9440 (certificates that a proxy tells).
import type { ClientConfig } from './config.ts';
import type { Credentials } from './http/auth.ts';

export function credentialsOf(config: ClientConfig): Credentials {
  const { name, dialect, tokens, accessTokens, certificates, me, patchResponse, unconditionalPut, allow } = config;
  const { view, restriction, requestsPerMinute } = config;
  const { directory, resources, operations } = allow;
  return {
    client: {
      name,
      dialect,
      directory,
      resources,
      operations,
      ...(me && { me }),
      ...(patchResponse && { patchResponse }),
      ...(unconditionalPut && { unconditionalPut }),
      ...(view && { view }),
      ...(restriction && { restriction }),
      ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    },
    tokens,
    ...(accessTokens && { accessTokens }),
    ...(certificates && { certificates }),
  };
}

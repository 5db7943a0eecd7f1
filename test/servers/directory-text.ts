// The head of a directory in a configuration: what every test that runs the real process says of its server.
// No RFC; docs/configuration-reference.md.

export interface DirectoryAccess {
  readonly url: string;
  readonly bindDn: string;
  readonly suffix: string;
}

/** YAML up to the mapping, which is `openldap`; further keys of the directory follow indented by four. */
export const directoryText = ({ url, bindDn, suffix }: DirectoryAccess): string => `directories:
  main:
    path: /scim/v2
    type: openldap
    servers: ["${url}"]
    bind: { dn: "${bindDn}", password: { env: LDAP_PASSWORD } }
    baseDn: "${suffix}"
    mapping: openldap`;

// Where a rule stands in the mapping file, so that a failure can name the line that an administrator has to look at.
// No RFC.

export interface RulePlace {
  readonly resourceType: string;
  /** The SCIM path, or the key of the mapping. */
  readonly rule: string;
  /** Canonical name of the SCIM attribute, where it is one. */
  readonly path: string | undefined;
  /** The LDAP attribute that it writes. */
  readonly ldap: string;
  /** `mapping.yaml:12`. */
  readonly place: string;
}

// How much a domain controller answers at once.
// MS-ADTS 3.1.1.3.4.6: the defaults of the LDAP policies.

/** Entries of a page, and of a search without pages. */
export const maxPageSize = 1000;
/** Values of an attribute in one answer. */
export const maxValRange = 1500;

// The one table of causes: what each failure means in plain words, and what an administrator can do about it.
// RFC 4511 appendix A.2 (result codes); RFC 7644 section 3.12 (statuses).

export type Explanation = readonly [what: string, advice: string];

/** Every cause with what it means and what to do. An empty `what`: the error says it better. */
export const causes = {
  // The directory cannot be used.
  down: ['the directory cannot be reached', 'see that the server runs and can be reached from here; the client tries again by itself'],
  account: [
    'the directory refuses the account of the gateway',
    'correct bind.dn or its password, or unlock the account, then reload; nothing works until then',
  ],
  timeout: [
    'the directory did not answer in time',
    'look at the load of the server and its indexes; `check` finds missing ones; or raise timeouts.operation',
  ],
  lost: [
    'the connection broke before the directory answered',
    'nothing as a rule: the client tries again, and what was done already is seen then',
  ],
  busy: ['the directory is busy or shutting down', 'nothing as a rule: the client tries again; if it stays, look at the server'],
  // The gateway refuses.
  guard: [
    'the entry is protected, and the gateway does not write it',
    'if the client should manage this entry, change `guards` in the configuration; otherwise take it out of the scope of the client',
  ],
  limit: [
    'a limit of what may be taken away within an hour is reached',
    'if so much is meant to be removed, raise guards.limits, reload and lower it afterwards; otherwise look what went wrong at the client',
  ],
  held: [
    '',
    'look at it with `holds list`, then `holds approve` or `holds refuse`; once approved, the next attempt of the client is carried out',
  ],
  observed: ['the gateway only observes', 'set the mode of the directory to write when you have seen enough'],
  client: ['', 'if the client should do this, extend clients.allow'],
  unsupported: ['', 'the mapping does not offer this: add it there if clients need it'],
  // The request does not fit.
  unresolved: ['', 'provision the resource that is named first; ids must be those of this gateway'],
  validation: ['', 'correct the value at the client, or the rule in the mapping'],
  malformed: ['', 'correct the request at the client: look at its attribute mapping'],
  mutability: ['', 'let the client leave the attribute alone, or let the mapping write it'],
  notFound: [
    'there is no such resource, or it is outside the scope of the mapping',
    'let the client forget the id and match the person again; compare search.bases and search.filter of the mapping',
  ],
  changed: ['the resource was changed by somebody else meanwhile', 'nothing: the client reads it again and repeats the change'],
  dependency: ['', 'look at the operation that it refers to'],
  // The directory refuses.
  duplicate: [
    'another entry has this value or name already',
    'find the other entry in the directory and give one of them another value; it may be outside the scope of the client',
  ],
  nameTaken: [
    'an entry with this name exists already',
    'find it in the directory: it may be outside the scope of the mapping; rename or remove it, or let create.onRdnConflict choose another name',
  ],
  password: [
    'the password does not meet the policy of the directory',
    'let the client send a stronger password, or one not used before, or relax the policy',
  ],
  passwordChannel: ['the directory takes no password over this connection', 'use ldaps:// or tls.startTls'],
  clearText: ['the directory would keep the password readable', 'let the server hash passwords, or use password.strategy: passwordModify'],
  accountName: [
    'the account name is too long or has characters that the directory does not allow',
    'correct the name at the client, or shorten it in the mapping (samChars, truncate)',
  ],
  constraint: [
    'a value is against a constraint of the directory',
    'compare the value with the limits of the attribute: length, range, number of values',
  ],
  syntax: [
    'a value does not have the form that the directory wants',
    'correct the value at the client, or choose the right codec in the mapping',
  ],
  schema: [
    'the entry would be against the schema: a value is missing, or an attribute has no place in its object classes',
    'compare create.objectClasses and the mapped attributes with the schema; `check` does',
  ],
  undefinedAttribute: [
    'the directory does not know the attribute',
    'correct the name in the mapping, or load the schema that defines it; `check` finds it',
  ],
  access: ['the account of the gateway may not do this', 'give it the right: `rights` prints what it needs'],
  unwilling: ['the directory is unwilling to do this', 'read what the server says; often a policy, a plugin or a read-only database'],
  noPlace: [
    'the place for new entries does not exist, or the account may not see it',
    'create it, or correct create.placement in the mapping; `check` finds it',
  ],
  gone: ['the entry is gone', 'nothing as a rule: the client reads again'],
  reference: ['a value names an entry that does not exist', 'provision that one first, or correct the reference at the client'],
  member: ['a membership was changed by somebody else meanwhile', 'nothing: the client tries again'],
  groupScope: [
    'the directory does not allow this kind of member in this kind of group',
    'change the scope of the group, or take the member out at the client',
  ],
  nonLeaf: ['the entry has other entries below it', 'remove or move those first'],
  tooLarge: [
    'the directory does not do so much at once',
    'raise the limit for the account of the gateway, or let the client send less; `rights` prints how',
  ],
  fixed: [
    'the directory does not allow this attribute to change',
    'let the client leave it alone, or make it access: createOnly in the mapping',
  ],
  referral: ['the server is a read-only copy and refers to another', 'name the server that takes writes in `servers`'],
  server: ['the directory failed', 'look into the log of the directory server'],
  records: [
    'the gateway cannot write what its guards keep',
    'make room on the disk of guards.store, or see that it works; the client tries again by itself',
  ],
  defect: [
    'the gateway failed',
    'look into the log under the same request id; if it stays, report it with a support bundle (`journal bundle`)',
  ],
} as const satisfies Readonly<Record<string, Explanation>>;

export type FailureCause = keyof typeof causes;

export const resultCauses: ReadonlyMap<number, FailureCause> = new Map([
  [3, 'timeout'],
  [4, 'tooLarge'],
  [10, 'referral'],
  [11, 'tooLarge'],
  [13, 'passwordChannel'],
  [16, 'changed'],
  [17, 'undefinedAttribute'],
  [19, 'constraint'],
  [20, 'changed'],
  [21, 'syntax'],
  [34, 'syntax'],
  [48, 'account'],
  [49, 'account'],
  [50, 'access'],
  [51, 'busy'],
  [52, 'busy'],
  [53, 'unwilling'],
  [64, 'schema'],
  [65, 'schema'],
  [66, 'nonLeaf'],
  [67, 'fixed'],
  [68, 'nameTaken'],
  [69, 'fixed'],
  [71, 'referral'],
  [122, 'changed'],
  [123, 'access'],
]);

/** What was refused before it came to an operation: nobody else says why. */
const statuses: ReadonlyMap<number, Explanation> = new Map<number, Explanation>([
  [400, ['the request is not well-formed', causes.malformed[1]]],
  [
    401,
    [
      'the caller is not known: the token is missing, wrong or expired',
      'compare the token at the client with clients.auth, and its expiry',
    ],
  ],
  [403, ['the client may not use this', 'if it should, extend clients.allow']],
  [404, ['there is nothing at this URL', 'compare the base URL at the client with directories.path, and clients.allow.resources']],
  [405, ['the method is not allowed on this URL', 'correct the client']],
  [413, ['the request is too large', 'let the client send less at once']],
  [415, ['the body is no SCIM message', 'let the client send application/scim+json']],
  [429, causes.limit],
  [501, ['the gateway does not offer this', 'switch it off at the client']],
  [503, causes.down],
]);

/** For requests of which no failure is told. */
export function explainStatus(status: number): string {
  const [what, advice] = statuses.get(status) ?? (status >= 500 ? causes.defect : causes.malformed);
  return `${what || 'the request was refused'}; answered ${status}; to do: ${advice}`;
}

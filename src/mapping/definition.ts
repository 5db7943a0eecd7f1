// The mapping file as administrators write it: one zod definition from which the types, the error messages, the JSON Schema for editors
// and the reference page come. Short forms (`title: title`, `codec: guid`) are widened to the long ones while parsing.
import * as z from 'zod';

const ldapName = z
  .string()
  .regex(/^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/, 'must be an LDAP attribute name without options (letters, digits, hyphens)')
  .describe('LDAP attribute');
const template = z.string().describe('Template: text with {names}, alternatives {a|b} and pipes {a | lower}');
const dnTemplate = z.string().describe('DN; {baseDn} stands for the directory’s baseDn');
const scope = z.enum(['base', 'one', 'sub']).describe('base: the entry alone; one: what lies directly below; sub: it and all below');
const whole = z.number().int().positive();

/** Widens a scalar short form to an object with that one key. */
const widen = (key: string) => (input: unknown) => (typeof input === 'string' ? { [key]: input } : input);
const widenCodec = (input: unknown) => (typeof input === 'string' ? { [input]: {} } : input);
const none = z.strictObject({});

export const codecDefinition = z.preprocess(
  widenCodec,
  z
    .strictObject({
      string: none.optional().describe('Text, as it is'),
      guid: none.optional().describe('Octets of an objectGUID <-> lower-case GUID text'),
      sid: none.optional().describe('Octets of a Windows SID <-> S-1-… text'),
      generalizedTime: none.optional().describe('GeneralizedTime <-> dateTime'),
      filetime: none.optional().describe('100 ns since 1601 <-> dateTime; 0 and the highest number mean never'),
      epochDays: none.optional().describe('Days since 1970 (shadowExpire) <-> dateTime'),
      boolean: z
        .strictObject({
          true: z.string().default('TRUE').describe('LDAP value that means true'),
          false: z.string().default('FALSE').describe('LDAP value that means false'),
          invert: z.boolean().default(false).describe('Swap true and false'),
        })
        .optional()
        .describe('Two LDAP values <-> boolean'),
      bit: z
        .strictObject({
          mask: whole.describe('The bits that are ours'),
          invert: z.boolean().default(false).describe('Set bits mean false'),
        })
        .optional()
        .describe('Bits of an integer <-> boolean; other bits are never written'),
      presence: z
        .strictObject({
          whenSet: z.string().describe('Value that is written to set it'),
          invert: z.boolean().default(false).describe('A value means false'),
        })
        .optional()
        .describe('Attribute has a value <-> boolean'),
      enum: z.record(z.string(), z.string()).optional().describe('SCIM value: LDAP value; other LDAP values are not ours'),
      int: none.optional().describe('Integer'),
      dn: none.optional().describe('Distinguished name as text'),
      base64: none.optional().describe('Octets <-> base64'),
      prefix: z.string().min(1).optional().describe('Only values with this prefix are ours; it is stripped'),
      postalAddress: none.optional().describe('Lines separated by $ <-> lines separated by line feeds'),
      split: z.string().min(1).optional().describe('One LDAP value that holds a list with this separator'),
      json: none.optional().describe('A JSON document in one value'),
    })
    .refine((codec) => Object.values(codec).filter((v) => v !== undefined).length === 1, 'names exactly one codec'),
);
export type CodecDefinition = z.output<typeof codecDefinition>;

const referenceDefinition = z
  .strictObject({
    to: z.array(z.string()).min(1).describe('Resource types that the DN may name'),
    onUnresolved: z
      .enum(['reject', 'skip', 'defer'])
      .default('reject')
      .describe(
        'A client names an id that does not exist: 400, leave it out (journaled), or write it when it exists (kept in `guards.store`)',
      ),
    resolveBy: z
      .array(z.enum(['externalId', 'userName']))
      .min(1)
      .optional()
      .describe(
        'With defer, for clients that send names of their own: attributes of what is meant that are compared after its id, in order',
      ),
    outOfScope: z.enum(['hide', 'keep']).default('hide').describe('DNs that are no resource of ours: not shown; always kept on write'),
  })
  .describe('A DN in LDAP, an id in SCIM');

const access = z
  .enum(['readWrite', 'readOnly', 'ignoreWrites', 'createOnly', 'writeOnly'])
  .describe(
    'readOnly: ignored in bodies, refused in PATCH paths. ignoreWrites: accepted, not stored, journaled. createOnly: can be set once. writeOnly: never returned',
  );
const operator = z.enum(['eq', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr']);
const filter = z
  .union([z.enum(['auto', 'off']), z.partialRecord(operator, z.string())])
  .describe(
    'auto; off (this attribute is refused in filters); or an LDAP filter template per operator, {v} is the escaped value, the word off evaluates that operator in memory',
  );

const valueKeys = {
  codec: codecDefinition.optional().describe('Conversion between LDAP and SCIM value; by type where absent'),
  normalize: z
    .array(z.enum(['trim', 'lower', 'collapseSpaces', 'nfc']))
    .optional()
    .describe('Applied before writing and comparing'),
  validate: z
    .strictObject({
      pattern: z.string().optional().describe('Regular expression for the whole value'),
      maxLength: whole.optional().describe('Characters'),
      oneOf: z.array(z.string()).optional().describe('Allowed values'),
      message: z.string().optional().describe('What the client reads when the value is refused'),
    })
    .optional()
    .describe('Refused with 400 invalidValue before anything is written'),
};

const slotValue = z.preprocess(widen('ldap'), z.strictObject({ ldap: ldapName, ...valueKeys }));
const elementDefinition = z
  .strictObject({
    match: z.record(z.string(), z.union([z.string(), z.boolean()])).describe('Fixed sub-attributes of the element, e.g. { type: work }'),
    primary: z
      .union([
        z.boolean(),
        z.strictObject({
          prefer: z.string().optional().describe('Pattern; the first match is primary'),
          else: z.literal('lowestValue').describe('Otherwise the lowest value'),
        }),
      ])
      .optional()
      .describe('LDAP values have no order, so primary is derived: true on a slot, or a rule on a list'),
    slot: z.record(z.string(), slotValue).optional().describe('One element: sub-attribute: LDAP attribute'),
    list: z.record(z.string(), slotValue).optional().describe('One element per value of one LDAP attribute'),
  })
  .refine((e) => (e.slot === undefined) !== (e.list === undefined), 'is either a slot or a list')
  .refine(
    (e) => e.list === undefined || (Object.keys(e.list).length === 1 && e.list['value'] !== undefined),
    'a list maps exactly `value`',
  );
export type ElementDefinition = z.output<typeof elementDefinition>;

const attributeKeys = {
  ldap: z
    .union([ldapName, z.array(ldapName).min(1)])
    .optional()
    .describe('Attribute to read and write; a list reads the first that has a value and is read-only unless `write` is given'),
  constant: z.union([z.string(), z.number(), z.boolean()]).optional().describe('A fixed SCIM value; nothing in LDAP'),
  read: template.optional().describe('Template over LDAP attributes; read-only unless `write` is given'),
  write: z
    .array(z.strictObject({ ldap: ldapName, value: template }))
    .min(1)
    .optional()
    .describe('Fan-out: LDAP attributes written from {value}'),
  ...valueKeys,
  access: access.optional(),
  required: z.boolean().optional().describe('Must be present after the operation'),
  default: template.optional().describe('Template over SCIM paths; used on create only, if the client sent none'),
  onClear: z
    .union([z.enum(['delete', 'keep']), z.strictObject({ set: z.string().describe('Value that stays behind') })])
    .optional()
    .describe('What SCIM removal does in LDAP'),
  unique: z
    .enum(['server', 'global'])
    .optional()
    .describe('409 uniqueness on a duplicate; global: values such as GUIDs, which are unique everywhere by their nature'),
  filter: filter.optional(),
  sensitive: z.boolean().optional().describe('A filter on it must not stand in a URL (403 sensitive): clients POST it to .search'),
  reference: referenceDefinition.optional(),
  elements: z.array(elementDefinition).min(1).optional().describe('A multi-valued complex attribute as slots and lists'),
  extra: z.enum(['reject', 'ignore', 'firstFree']).optional().describe('Written elements whose type has no slot'),
  memberships: z
    .strictObject({
      direct: ldapName.optional().describe('Attribute of the user that lists the groups (memberOf)'),
      primaryGroup: z.boolean().optional().describe('Add the primary group of Active Directory'),
      reverse: z.string().optional().describe('Resource type whose membership is searched instead'),
    })
    .refine((m) => (m.direct === undefined) !== (m.reverse === undefined), 'needs either `direct` or `reverse`')
    .optional()
    .describe('Where User.groups comes from'),
};

const attributeDefinition = z.preprocess(widen('ldap'), z.strictObject(attributeKeys).nullable());
export type AttributeDefinition = NonNullable<z.output<typeof attributeDefinition>>;

const schemaAttributeKeys = {
  type: z.enum(['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference']).default('string').describe('SCIM type'),
  description: z.string().default('').describe('For /Schemas'),
  multiValued: z.boolean().default(false).describe('A list of values'),
  caseExact: z.boolean().default(false).describe('Comparison minds the case'),
  returned: z.enum(['always', 'never', 'default', 'request']).default('default').describe('RFC 7643 section 7'),
  immutable: z.boolean().default(false).describe('Can be set once'),
  canonicalValues: z.array(z.string()).optional().describe('Suggested values'),
  referenceTypes: z.array(z.string()).optional().describe('For references'),
};
const schemaAttributeDefinition = z.preprocess(
  widen('ldap'),
  z.strictObject({
    ...schemaAttributeKeys,
    type: z
      .enum(['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'])
      .default('string')
      .describe('SCIM type'),
    ...attributeKeys,
    subAttributes: z
      .record(z.string(), z.preprocess(widen('ldap'), z.strictObject({ ...schemaAttributeKeys, ...attributeKeys })))
      .optional()
      .describe('Parts of a complex attribute'),
  }),
);
export type SchemaAttributeDefinition = z.output<typeof schemaAttributeDefinition>;

const resourceDefinition = z.strictObject({
  description: z.string().optional().describe('For /ResourceTypes'),
  endpoint: z
    .string()
    .regex(/^\/[A-Za-z0-9_-]+$/, 'is a path of one segment, such as /Devices')
    .optional()
    .describe('Defaults to the plural of the name'),
  schema: z.string().optional().describe('URN of the base schema (one of `schemas` below) for resource types other than User and Group'),
  search: z
    .strictObject({
      bases: z
        .array(z.strictObject({ dn: dnTemplate, scope: scope.default('sub') }))
        .min(1)
        .describe('Where the entries are'),
      filter: z.string().describe('LDAP filter (RFC 4515) of the entries'),
    })
    .describe('Which entries are resources of this type'),
  id: z
    .strictObject({ ldap: ldapName, codec: codecDefinition.optional().describe('Conversion to text') })
    .describe('Immutable, unique attribute: entryUUID, objectGUID, nsUniqueId'),
  create: z
    .strictObject({
      objectClasses: z.array(z.string()).min(1).describe('Of new entries'),
      rdn: z.string().describe('attribute=template over SCIM paths'),
      placement: z
        .array(z.strictObject({ when: z.string().optional().describe('SCIM filter'), base: dnTemplate }))
        .min(1)
        .describe('First match wins; no match is 400'),
      onRdnConflict: z
        .strictObject({ append: template, tries: whole.default(3).describe('How many names to try') })
        .optional()
        .describe('Appended to the RDN value when the name is taken'),
    })
    .optional()
    .describe('Without it, entries are not created'),
  match: z
    .strictObject({
      by: z
        .array(z.string())
        .min(1)
        .describe('SCIM paths, compared in order: the first that an entry shares with the new resource decides'),
      // oxlint-disable-next-line unicorn/no-thenable -- a key of the file
      then: z
        .enum(['conflict', 'adopt'])
        .default('conflict')
        .describe('conflict: 409 uniqueness, and the log names the holder; adopt: the entry becomes the resource'),
      within: dnTemplate.optional().describe('Entries below it that are no resources conflict, too; {baseDn} where absent'),
    })
    .optional()
    .describe('Entries that exist already, when a client creates a resource; without it, only `unique` attributes are compared'),
  rename: z
    .strictObject({ rdn: z.enum(['follow', 'keep']).default('keep').describe('follow: the entry is renamed; keep: its name stays') })
    .optional()
    .describe('Whether the RDN follows its template'),
  delete: z
    .strictObject({
      mode: z.enum(['purge', 'quarantine']).describe('Delete the entry, or mark it and hide it'),
      marker: z
        .strictObject({
          ldap: ldapName,
          value: z.string().describe('Its value'),
          time: ldapName
            .optional()
            .describe('Attribute, used for nothing else, that gets the time as GeneralizedTime; without it, `guards.store` keeps the time'),
        })
        .optional()
        .describe('What marks a quarantined entry in LDAP'),
      moveTo: dnTemplate.optional().describe('Where quarantined entries go'),
      purgeAfter: z
        .string()
        .regex(/^[1-9]\d{0,4}[hd]$/, 'must be a whole number of hours or days, such as 90d')
        .optional()
        .describe('Time after which a quarantined entry is deleted, under the guards and limits of deletes; 90d, 12h'),
      restoreOnCreate: z
        .boolean()
        .default(true)
        .describe('A later create with the same externalId or userName restores the entry; false: it makes a new one'),
    })
    .optional()
    .describe('Without it, entries are not deleted'),
  accountState: z
    .strictObject({
      strategy: z.enum(['userAccountControl', 'ppolicy', 'nsAccountLock']).optional().describe('How this kind of server disables accounts'),
      ldap: ldapName.optional().describe('Own attribute'),
      activeValue: z.string().optional().describe('Value written for active'),
      inactiveValue: z.string().optional().describe('Value that means inactive; everything else is active'),
      absentMeans: z.enum(['active', 'inactive']).optional().describe('No value'),
    })
    .refine((s) => (s.strategy === undefined) !== (s.ldap === undefined), 'needs either `strategy` or `ldap`')
    .refine((s) => s.ldap === undefined || s.inactiveValue !== undefined, 'needs `inactiveValue`')
    .optional()
    .describe('What `active` means'),
  password: z
    .strictObject({
      strategy: z
        .enum(['unicodePwd', 'passwordModify', 'userPassword'])
        .describe('unicodePwd: Active Directory; passwordModify: RFC 3062, the server hashes; userPassword: plain write'),
      missingOnCreate: z.enum(['random', 'createDisabled', 'reject']).optional().describe('Create without a password'),
    })
    .optional()
    .describe('How `password` is written; without it, the attribute is not offered'),
  membership: z
    .strictObject({
      ldap: ldapName,
      reference: referenceDefinition,
      empty: z.strictObject({ placeholder: dnTemplate }).optional().describe('Hidden member for classes that forbid empty groups'),
    })
    .optional()
    .describe('`members` of a group'),
  attributes: z.record(z.string(), attributeDefinition).describe('SCIM path: LDAP attribute or details; null: not mapped'),
  set: z
    .record(
      ldapName,
      z
        .strictObject({
          always: template.optional(),
          onCreate: template.optional(),
          onConflict: z.literal('number').optional().describe('A value that is taken gets a number'),
        })
        .refine((s) => (s.always === undefined) !== (s.onCreate === undefined), 'needs either `always` or `onCreate`'),
    )
    .optional()
    .describe('LDAP attributes that no client writes'),
  version: z.enum(['auto', 'entryCSN', 'hash']).default('auto').describe('Where meta.version comes from'),
});
export type ResourceDefinition = z.output<typeof resourceDefinition>;

const schemaDefinition = z.strictObject({
  urn: z
    .string()
    .regex(/^urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:.+$/, 'is a URN')
    .describe('Of the schema'),
  alias: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]*$/, 'is a short name')
    .optional()
    .describe('Prefix in this file: `badge:number`'),
  name: z.string().describe('For /Schemas'),
  description: z.string().default('').describe('For /Schemas'),
  extends: z.string().optional().describe('Resource type that it extends; without it, a base schema'),
  required: z.boolean().default(false).describe('Every resource must have it'),
  attributes: z.record(z.string(), schemaAttributeDefinition).describe('Name: LDAP attribute or details, with its SCIM type'),
});
export type SchemaDefinition = z.output<typeof schemaDefinition>;

export const mappingDefinition = z.strictObject({
  version: z.literal(1).describe('Of this file format'),
  extends: z
    .string()
    .optional()
    .describe('A shipped preset or another mapping file; maps merge by key, lists are replaced whole, null removes'),
  resources: z.record(z.string(), resourceDefinition).describe('Resource types: User, Group, and further ones'),
  schemas: z.array(schemaDefinition).optional().describe('Extension schemas and base schemas of further resource types'),
});
export type MappingDefinition = z.output<typeof mappingDefinition>;

/** A mistake or finding at one place of the file. `path` leads from the file's root to the value. */
export interface Problem {
  /** A warning does not make the mapping unusable. */
  readonly severity?: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  /** The key itself rather than its value is wrong. */
  readonly atKey?: boolean;
  readonly message: string;
  /** What to write instead. */
  readonly suggestion?: string;
}

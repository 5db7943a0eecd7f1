// A file of cases for a mapping, as administrators write it: entries and requests in, resources and changes out.
// No RFC; docs/explain-and-preview.md describes the keys.
import * as z from 'zod';
import { parseDefinition } from '../mapping/problems.ts';
import type { Place, YamlDocument } from '../yaml.ts';
import { directoryDefinition } from './definition.ts';
import type { Findings } from './findings.ts';

/** One value of an LDAP attribute. */
export type LdapValue = string | { readonly base64: string };

const isValue = (value: unknown): value is LdapValue =>
  typeof value === 'string' || z.strictObject({ base64: z.base64() }).safeParse(value).success;

const values = z
  .unknown()
  .refine(
    (given) => [given].flat().length > 0 && [given].flat().every(isValue),
    'must be text in quotes, { base64: … }, or a list of those',
  )
  .transform((given) => [given].flat().filter(isValue));
const entry = z.object({ dn: z.string().describe('DN of the entry') }).catchall(values);
const resource = z.record(z.string(), z.json());

const mappingCase = z
  .strictObject({
    name: z.string().min(1).describe('What it shows'),
    type: z.string().default('User').describe('Resource type'),
    dialect: z.string().default('compat').describe('Dialect of the client'),
    entry: entry.optional().describe('The entry that is read or changed; of a create the one that is expected'),
    scim: resource.optional().describe('The resource that the entry is expected to be'),
    patch: z.array(resource).min(1).optional().describe('Operations of a PATCH of the entry'),
    ldif: z.string().optional().describe('The change that is expected; empty: none'),
    create: resource.optional().describe('Resource that is created'),
    error: z
      .strictObject({ status: z.number().int(), scimType: z.string().optional() })
      .optional()
      .describe('The refusal that is expected'),
  })
  .refine(
    isComplete,
    'needs entry and scim (what is read), entry, patch and ldif (what a PATCH changes), or create and entry (what is added); error may stand for the last',
  );

function isComplete(given: Readonly<Record<string, unknown>>): boolean {
  const key = ['entry', 'scim', 'patch', 'ldif', 'create', 'error'].filter((name) => given[name] !== undefined).join(' ');
  return ['entry scim', 'entry patch ldif', 'entry patch error', 'entry create', 'create error'].includes(key);
}

const fileDefinition = z.strictObject({
  version: z.literal(1).describe('Of this file format'),
  mapping: z.string().optional().describe('Preset, or mapping file relative to this one; the command line may name another'),
  baseDn: z.string().optional().describe('What {baseDn} in the mapping stands for'),
  type: directoryDefinition.shape.type.optional().describe('Kind of server; generic where absent'),
  directory: z.array(entry).default([]).describe('What else there is in the directory, for every case'),
  cases: z.array(mappingCase).min(1).describe('The cases'),
});

export type EntryDefinition = z.output<typeof entry>;
export type MappingCase = z.output<typeof mappingCase> & { readonly place: Place };
export type MappingCases = Omit<z.output<typeof fileDefinition>, 'cases'> & { readonly cases: readonly MappingCase[] };

/** Undefined, with findings, where it is wrong. */
export function readMappingCases(document: YamlDocument, findings: Findings): MappingCases | undefined {
  const { value: file, problems } = parseDefinition(fileDefinition, document.data);
  findings.take(problems);
  return file && { ...file, cases: file.cases.map((each, i) => ({ ...each, place: document.locate(['cases', i, 'name'], true) })) };
}

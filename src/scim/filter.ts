// SCIM filters: text to syntax tree, syntax tree to text, and resolution against a resource type.
// RFC 7644 section 3.4.2.2 with the errata decisions D-01 to D-07.
import { formatPath, type AttributePath, type AttributeReference } from './path.ts';
import type { ResourceType } from './schema.ts';

export { defaultLimits, parseFilter, parsePatchPath, type PatchPath } from './filter-parser.ts';
export { resolveFilter, resolveValueFilter } from './filter-resolution.ts';

export type CompareOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type Literal = string | number | boolean | null;

/** A parsed filter; its paths are not yet known to exist. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly operator: CompareOperator; readonly value: Literal }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'valuePath'; readonly path: AttributePath; readonly filter: Filter };

/**
 * A filter whose every path exists, whose operators suit the types and whose literals have the right type. Only `resolveFilter`
 * makes one, so nothing unchecked can travel further (`ne` is resolved to `not eq`, `eq null` to `not pr`, D-04, D-05; a bare complex
 * multi-valued attribute to its `.value`, D-06; `emails[type eq "work"].value eq "x"` to one value path).
 */
export type ResolvedFilter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly ResolvedFilter[] }
  | { readonly kind: 'not'; readonly filter: ResolvedFilter }
  | {
      readonly kind: 'compare';
      readonly attribute: AttributeReference;
      readonly operator: Exclude<CompareOperator, 'ne'>;
      readonly value: string | number | boolean;
    }
  | { readonly kind: 'present'; readonly attribute: AttributeReference }
  /** One element must satisfy the whole inner filter; inner references name the same attribute with a `sub`. */
  | { readonly kind: 'valuePath'; readonly attribute: AttributeReference; readonly filter: ResolvedFilter }
  | { readonly kind: 'constant'; readonly value: boolean };

export interface FilterLimits {
  /** Characters of the text. */
  readonly length: number;
  /** Nodes of the tree. */
  readonly nodes: number;
  /** Nesting of parentheses and brackets. */
  readonly depth: number;
}

export interface FilterOptions {
  readonly limits?: FilterLimits;
  /**
   * `compat`: a bare word is a string literal, strings "True"/"False" stand for booleans, a number literal for a string;
   * `emails[type eq "work"].value eq "x"` is a value path; an extension attribute may lack its URN, `manager` stands for `manager.value`.
   */
  readonly lenient?: boolean;
  /** The other types of a query on several: an attribute that only they have is not unknown but without a value (D-07). */
  readonly others?: readonly ResourceType[];
}

/** The text of a filter; `parseFilter` makes the same tree of it again. */
export function formatFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.map((inner) => formatOperand(inner, filter.kind)).join(` ${filter.kind} `);
    case 'not':
      return `not (${formatFilter(filter.filter)})`;
    case 'present':
      return `${formatPath(filter.path)} pr`;
    case 'compare':
      return `${formatPath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case 'valuePath':
      return `${formatPath(filter.path)}[${formatFilter(filter.filter)}]`;
  }
}

function formatOperand(filter: Filter, parent: 'and' | 'or'): string {
  const text = formatFilter(filter);
  const grouped = filter.kind === parent || (filter.kind === 'or' && parent === 'and');
  return grouped ? `(${text})` : text;
}

// The result codes that slapd gives for mistakes where the standard leaves a choice, and servers choose differently.
// RFC 4511 appendix A.2.
import { resultCode } from '../result.ts';

export const codes = {
  valueExists: resultCode.attributeOrValueExists,
  valueMissing: resultCode.noSuchAttribute,
  unknownAttribute: resultCode.undefinedAttributeType,
  invalidValue: resultCode.invalidAttributeSyntax,
  tooManyValues: resultCode.constraintViolation,
  missingAttribute: resultCode.objectClassViolation,
  forbiddenAttribute: resultCode.objectClassViolation,
  namingAttribute: resultCode.namingViolation,
  readOnlyAttribute: resultCode.constraintViolation,
  parentMissing: resultCode.noSuchObject,
} as const;

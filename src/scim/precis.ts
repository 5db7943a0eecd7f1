// Passwords as text that is the same from every keyboard.
// RFC 8265 section 4.2 (the profile OpaqueString) as far as it does not depend on a version of Unicode.
import { invalidValue } from './error.ts';

/**
 * Other blanks become U+0020, characters are composed (NFC); case and width stay.
 * @throws ScimError invalidValue for a control character, which nobody can type
 */
export function prepareOpaqueString(text: string): string {
  if (/\p{Cc}/u.test(text)) throw invalidValue('"password" contains a control character');
  return text.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

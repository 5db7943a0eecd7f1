// The object classes of Active Directory that the demo knows, with the auxiliary ones that belong to them without being named in entries.
// MS-ADSC (class definitions), shortened to the attributes that there are.
import type { ObjectClassDefinition } from '../schema-definition.ts';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const place = words('c l st street postalAddress postalCode postOfficeBox physicalDeliveryOfficeName co countryCode');

/** `isDefunct` and the like are left out; what the server fills in itself is a MUST here as there. */
export const objectClasses: readonly ObjectClassDefinition[] = [
  {
    oid: '2.5.6.0',
    names: ['top'],
    kind: 'abstract',
    must: words('objectClass objectCategory instanceType'),
    may: words(`cn description displayName adminDisplayName adminDescription name distinguishedName objectGUID whenCreated whenChanged
      uSNCreated uSNChanged createTimeStamp modifyTimeStamp subSchemaSubEntry canonicalName isCriticalSystemObject isDeleted isRecycled
      lastKnownParent memberOf directReports managedObjects proxyAddresses showInAdvancedViewOnly systemFlags wWWHomePage
      msDS-PrincipalName`),
  },
  {
    oid: '1.2.840.113556.1.5.6',
    names: ['securityPrincipal'],
    sup: 'top',
    kind: 'auxiliary',
    must: words('sAMAccountName objectSid'),
    may: words('sAMAccountType sIDHistory tokenGroups altSecurityIdentities'),
  },
  {
    oid: '1.2.840.113556.1.3.46',
    names: ['mailRecipient'],
    sup: 'top',
    kind: 'auxiliary',
    must: ['cn'],
    may: words('info secretary labeledURI legacyExchangeDN showInAddressBook telephoneNumber userCertificate'),
  },
  {
    oid: '1.3.6.1.1.1.2.0',
    names: ['posixAccount'],
    sup: 'top',
    kind: 'auxiliary',
    may: words('description gecos loginShell userPassword homeDirectory unixHomeDirectory gidNumber uidNumber cn uid'),
  },
  {
    oid: '1.3.6.1.1.1.2.2',
    names: ['posixGroup'],
    sup: 'top',
    kind: 'auxiliary',
    may: words('memberUid gidNumber description userPassword cn'),
  },
  {
    oid: '2.5.6.6',
    names: ['person'],
    sup: 'top',
    kind: 'structural',
    must: ['cn'],
    may: words('userPassword telephoneNumber sn serialNumber seeAlso'),
  },
  {
    oid: '2.5.6.7',
    names: ['organizationalPerson'],
    sup: 'person',
    kind: 'structural',
    may: [
      ...words(`assistant comment company department division employeeID facsimileTelephoneNumber generationQualifier givenName homePhone
        initials ipPhone mail manager middleName mobile o ou otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMailbox
        otherMobile otherPager otherTelephone pager personalTitle streetAddress thumbnailPhoto title`),
      ...place,
    ],
  },
  {
    oid: '1.2.840.113556.1.5.9',
    names: ['user'],
    sup: 'organizationalPerson',
    kind: 'structural',
    aux: ['securityPrincipal', 'mailRecipient', 'posixAccount'],
    may: words(`accountExpires adminCount badPasswordTime badPwdCount carLicense codePage departmentNumber displayName employeeNumber
      employeeType homeDirectory homeDrive jpegPhoto labeledURI lastLogoff lastLogon lastLogonTimestamp lockoutTime logonCount
      msDS-User-Account-Control-Computed msDS-cloudExtensionAttribute1 preferredLanguage primaryGroupID profilePath pwdLastSet roomNumber
      scriptPath secretary servicePrincipalName uid unicodePwd userAccountControl userCertificate userParameters userPrincipalName
      userWorkstations`),
  },
  {
    oid: '2.16.840.1.113730.3.2.2',
    names: ['inetOrgPerson'],
    sup: 'user',
    kind: 'structural',
    may: words('carLicense departmentNumber displayName employeeNumber employeeType givenName jpegPhoto labeledURI mail manager mobile'),
  },
  { oid: '1.2.840.113556.1.3.30', names: ['computer'], sup: 'user', kind: 'structural', may: ['managedBy'] },
  {
    oid: '1.2.840.113556.1.5.15',
    names: ['contact'],
    sup: 'organizationalPerson',
    kind: 'structural',
    aux: ['mailRecipient'],
    must: ['cn'],
  },
  {
    oid: '1.2.840.113556.1.5.8',
    names: ['group'],
    sup: 'top',
    kind: 'structural',
    aux: ['mailRecipient', 'securityPrincipal', 'posixGroup'],
    must: ['groupType'],
    may: words('adminCount mail managedBy member primaryGroupToken'),
  },
  {
    oid: '2.5.6.5',
    names: ['organizationalUnit'],
    sup: 'top',
    kind: 'structural',
    must: ['ou'],
    may: [...words('facsimileTelephoneNumber managedBy seeAlso telephoneNumber userPassword'), ...place],
  },
  { oid: '1.2.840.113556.1.3.23', names: ['container'], sup: 'top', kind: 'structural', must: ['cn'] },
  { oid: '1.2.840.113556.1.5.4', names: ['builtinDomain'], sup: 'top', kind: 'structural', may: ['objectSid'] },
  { oid: '1.2.840.113556.1.5.66', names: ['domain'], sup: 'top', kind: 'abstract', must: ['dc'] },
  {
    oid: '1.2.840.113556.1.5.67',
    names: ['domainDNS'],
    sup: 'domain',
    kind: 'structural',
    may: words(`objectSid managedBy msDS-Behavior-Version maxPwdAge minPwdAge minPwdLength pwdProperties pwdHistoryLength lockoutThreshold
      lockoutDuration lockOutObservationWindow`),
  },
  {
    oid: '2.5.20.1',
    names: ['subSchema'],
    sup: 'top',
    kind: 'structural',
    may: words('attributeTypes objectClasses dITContentRules modifyTimeStamp'),
  },
  { oid: '1.2.840.113556.1.5.106', names: ['queryPolicy'], sup: 'top', kind: 'structural', may: ['lDAPAdminLimits'] },
  { oid: '1.2.840.113556.1.5.7000.49', names: ['applicationSettings'], sup: 'top', kind: 'abstract' },
  {
    oid: '1.2.840.113556.1.5.7000.47',
    names: ['nTDSDSA'],
    sup: 'applicationSettings',
    kind: 'structural',
    may: words('invocationId options msDS-Behavior-Version'),
  },
];

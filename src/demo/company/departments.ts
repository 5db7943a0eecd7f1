// The invented company of the demo directory: departments, offices and the groups that cut across them.
// Telephone numbers are from the ranges that regulators set aside for fiction.

export interface Department {
  readonly name: string;
  readonly share: number;
  readonly head: string;
  readonly lead: string;
  readonly titles: readonly string[];
}

export const departments: readonly Department[] = [
  {
    name: 'Engineering',
    share: 30,
    head: 'Chief Technology Officer',
    lead: 'Engineering Lead',
    titles: ['Software Engineer', 'Senior Software Engineer', 'Systems Engineer', 'Firmware Engineer'],
  },
  { name: 'Quality', share: 9, head: 'Head of Quality', lead: 'Test Lead', titles: ['Test Engineer', 'Quality Analyst'] },
  { name: 'Design', share: 6, head: 'Head of Design', lead: 'Design Lead', titles: ['Interaction Designer', 'Industrial Designer'] },
  {
    name: 'Sales',
    share: 18,
    head: 'Chief Commercial Officer',
    lead: 'Regional Sales Lead',
    titles: ['Account Executive', 'Sales Engineer', 'Sales Assistant'],
  },
  {
    name: 'Customer Care',
    share: 13,
    head: 'Head of Customer Care',
    lead: 'Support Lead',
    titles: ['Support Specialist', 'Field Technician'],
  },
  { name: 'Production', share: 12, head: 'Head of Production', lead: 'Shift Lead', titles: ['Technician', 'Logistics Planner', 'Buyer'] },
  { name: 'Finance', share: 6, head: 'Chief Financial Officer', lead: 'Controlling Lead', titles: ['Accountant', 'Controller'] },
  { name: 'People', share: 4, head: 'Chief People Officer', lead: 'Recruiting Lead', titles: ['Recruiter', 'Payroll Specialist'] },
  { name: 'Legal', share: 2, head: 'General Counsel', lead: 'Senior Counsel', titles: ['Counsel', 'Paralegal'] },
];

export interface Office {
  readonly share: number;
  readonly company: string;
  readonly street: string;
  readonly city: string;
  readonly region: string;
  readonly postalCode: string;
  /** `#` is a digit. */
  readonly telephone: string;
  readonly mobile: string;
}

export const offices: readonly Office[] = [
  {
    share: 34,
    company: 'Tallowmere Instruments Inc.',
    street: '1200 Larkspur Avenue',
    city: 'Denver',
    region: 'Colorado',
    postalCode: '80202',
    telephone: '+1 303 555 01##',
    mobile: '+1 720 555 01##',
  },
  {
    share: 26,
    company: 'Tallowmere Instruments GmbH',
    street: 'Lindenblütenstraße 17',
    city: 'Köln',
    region: 'Nordrhein-Westfalen',
    postalCode: '50667',
    telephone: '+49 221 4710 ###',
    mobile: '+49 171 39200 ##',
  },
  {
    share: 20,
    company: 'Tallowmere Instruments Ltd',
    street: '8 Saltmarsh Wharf',
    city: 'London',
    region: 'Greater London',
    postalCode: 'SE1 9ZZ',
    telephone: '+44 20 7946 0###',
    mobile: '+44 7700 900###',
  },
  {
    share: 14,
    company: 'Tallowmere Instruments SAS',
    street: "3 quai de l'Écluse",
    city: 'Lyon',
    region: 'Auvergne-Rhône-Alpes',
    postalCode: '69002',
    telephone: '+33 4 65 71 ## ##',
    mobile: '+33 6 39 98 ## ##',
  },
  {
    share: 6,
    company: 'Tallowmere Instruments Pty Ltd',
    street: '41 Wattlebird Lane',
    city: 'Melbourne',
    region: 'Victoria',
    postalCode: '3000',
    telephone: '+61 3 5550 ####',
    mobile: '+61 491 570 ###',
  },
];

export interface CrossGroup {
  readonly name: string;
  readonly description: string;
  /** How many of a hundred people. */
  readonly percent: number;
}

export const crossGroups: readonly CrossGroup[] = [
  { name: 'VPN Users', description: 'May work from outside', percent: 55 },
  { name: 'First Aiders', description: 'Trained in first aid', percent: 4 },
  { name: 'Project Heron', description: 'The new pressure sensor', percent: 8 },
  { name: 'Project Kestrel', description: 'Move to the new ERP system', percent: 5 },
  { name: 'Café Committee, Köln & Lyon', description: 'Decides about coffee', percent: 2 },
];

// Laws of being told of changes: whatever is done outside, and whenever is asked, the copy is what enumeration finds.
// RFC 4533; entryCSN and modifyTimestamp, over slapd with a session log, without one, and without synchronization.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeKind } from '../../src/ldap/changes/change-source.ts';
import { openDirectory, type Directory } from '../../src/ldap/directory.ts';
import { childOf, parseDn, type Dn } from '../../src/ldap/dn.ts';
import { Outside, places, scope, suffix, watchedBase } from '../ldap/changes/outside.ts';
import { enumerate, loadReplicas, type Replica } from '../ldap/changes/replica.ts';
import { startSlapd, type Slapd, type SlapdOptions } from '../servers/slapd.ts';

const watched = { base: watchedBase, scope, idAttributes: ['entryUUID'] };

/** `of` and `to` choose among what there is at the time. */
type Step = {
  readonly kind: 'add' | 'delete' | 'rename' | 'move' | 'retype' | 'touch' | 'carry' | 'ask';
  readonly of: number;
  readonly to: number;
};

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'add', 'delete', 'rename', 'move', 'retype', 'touch', 'carry', 'ask'),
    of: fc.nat(1000),
    to: fc.nat(1000),
  }) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 25 },
);

interface Container {
  readonly name: string;
  parent: Dn;
}

interface Person {
  uid: string;
  place: Container;
  isActive: boolean;
}

/** What the steps have made so far. */
class World {
  readonly #outside: Outside;
  readonly #containers: readonly Container[];
  readonly #people: Person[] = [];
  #count = 0;

  constructor(outside: Outside) {
    this.#outside = outside;
    this.#containers = ['east', 'west', 'far'].map((name, i) => ({ name, parent: i === 2 ? places.elsewhere : places.company }));
  }

  async prepare(): Promise<void> {
    await this.#outside.prepare();
    for (const container of this.#containers) await this.#outside.addPlace(dnOf(container));
  }

  async take({ kind, of, to }: Step): Promise<void> {
    const person = this.#people[of % Math.max(1, this.#people.length)];
    const container = pick(this.#containers, to);
    if (kind === 'add') await this.#add(container, of % 3 !== 0);
    else if (kind === 'carry') await this.#carry(pick(this.#containers, of), to % 2 === 0 ? places.company : places.elsewhere);
    else if (person !== undefined) await this.#change(kind, person, container);
  }

  async #add(place: Container, isActive: boolean): Promise<void> {
    const uid = `p${(this.#count += 1)}`;
    await this.#outside.addPerson(uid, dnOf(place), isActive ? 'active' : 'former');
    this.#people.push({ uid, place, isActive });
  }

  async #carry(container: Container, parent: Dn): Promise<void> {
    await this.#outside.move(dnOf(container), container.name, parent);
    container.parent = parent;
  }

  async #change(kind: Step['kind'], person: Person, container: Container): Promise<void> {
    const dn = childOf([{ type: 'uid', value: person.uid }], dnOf(person.place));
    if (kind === 'delete') {
      await this.#outside.delete(dn);
      this.#people.splice(this.#people.indexOf(person), 1);
    } else if (kind === 'rename') {
      person.uid = `p${(this.#count += 1)}`;
      await this.#outside.move(dn, person.uid);
    } else if (kind === 'move') {
      await this.#outside.move(dn, person.uid, dnOf(container));
      person.place = container;
    } else if (kind === 'retype') {
      person.isActive = !person.isActive;
      await this.#outside.replace(dn, 'employeeType', person.isActive ? 'active' : 'former');
    } else if (kind === 'touch') await this.#outside.replace(dn, 'sn', `s${(this.#count += 1)}`);
  }
}

const dnOf = ({ name, parent }: Container): Dn => childOf([{ type: 'ou', value: name }], parent);
const pick = <T>(from: readonly T[], index: number): T => from[index % from.length]!;

const setUps: readonly (readonly [name: string, options: SlapdOptions, kinds: readonly ChangeKind[]])[] = [
  ['with a session log', { overlays: ['syncprov'] }, ['syncrepl', 'entrycsn']],
  ['with a short session log', { global: 'moduleload syncprov', config: 'overlay syncprov\nsyncprov-sessionlog 3' }, ['syncrepl']],
  ['without a session log', { global: 'moduleload syncprov', config: 'overlay syncprov' }, ['syncrepl']],
  ['without synchronization', {}, ['entrycsn', 'timestamp']],
];

describe.each(setUps)('slapd %s', (_, options, kinds) => {
  let slapd: Slapd;
  let [admin, gateway]: Directory[] = [];
  let world: World;
  let replicas: readonly Replica[];

  beforeAll(async () => {
    slapd = await startSlapd({ suffix, ...options });
    const open = async (dn: string, password: string): Promise<Directory> => {
      const timeouts = { connect: 10_000, operation: 10_000 };
      const directory = openDirectory({ servers: [slapd.url], bind: { dn, password }, baseDn: parseDn(suffix), timeouts });
      await directory.start();
      return directory;
    };
    admin = await open(slapd.adminDn, slapd.adminPassword);
    gateway = await open(slapd.gatewayDn, slapd.gatewayPassword);
    world = new World(new Outside(admin));
    await world.prepare();
    replicas = await loadReplicas(gateway, watched, kinds);
  }, 60_000);
  afterAll(async () => {
    await admin?.close();
    await gateway?.close();
    await slapd?.stop();
  });

  test('any changes, asked for at any time, make the copy what enumeration finds', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        for (const step of taken) {
          if (step.kind === 'ask') await replicas[step.of % replicas.length]?.follow(gateway!);
          else await world.take(step);
        }
        for (const replica of replicas) {
          await replica.follow(gateway!);
          const truth = await gateway!.session((session) => enumerate(session, watched, replica.stamp));
          expect(replica.contents, replica.source.kind).toEqual(truth);
        }
      }),
      { numRuns: 150, endOnFailure: true },
    );
    for (const replica of replicas) expect(replica.resyncs, `${replica.source.kind} read everything`).toBeLessThan(15);
  });
});

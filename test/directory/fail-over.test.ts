// Fail-over between two slapds that replicate to each other.
import { startSlapdPair } from '../servers/slapd-pair.ts';
import { describeFailOver } from './fail-over.ts';
import { slapd } from './faces.ts';

describeFailOver({
  face: slapd,
  async startReplicas() {
    const { first, second } = await startSlapdPair('dc=example,dc=test', ['refint']);
    return { servers: [first, second] };
  },
});

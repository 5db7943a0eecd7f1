// Fail-over between two 389 Directory Servers that replicate each other.
import { startDs389Pair } from '../servers/ds389-pair.ts';
import { describeFailOver } from './fail-over.ts';
import { ds389, overTls } from './faces.ts';

describeFailOver({
  face: ds389,
  async startReplicas() {
    const [first, second] = await startDs389Pair();
    return { servers: [await overTls(first), await overTls(second)] };
  },
});

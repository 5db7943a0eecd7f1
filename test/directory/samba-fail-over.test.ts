// Fail-over between two domain controllers of one domain.
// Samba as Active Directory; they take over from each other when they are told to.
import { startSambaPair } from '../servers/samba-pair.ts';
import { describeFailOver, type Replicas } from './fail-over.ts';
import { samba } from './faces.ts';

async function startReplicas(): Promise<Replicas> {
  const { servers, replicate } = await startSambaPair();
  const [first, second] = servers;
  return {
    servers: [
      { ...first, tls: first },
      { ...second, tls: second },
    ],
    replicate,
  };
}

describeFailOver({ face: samba, startReplicas });

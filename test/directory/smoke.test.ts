import { test, expect } from 'vitest';
import { embedded, slapd } from './faces.ts';
import { openStage } from './stage.ts';
import { newUser } from './scim-client.ts';
for (const face of [embedded, slapd]) {
  test(face.name, async () => {
    const stage = await openStage(face);
    const made = await stage.scim.post('/Users', newUser());
    console.log(made.status, JSON.stringify(made.body));
    console.log(JSON.stringify(await stage.look.snapshot(made.id)));
    expect(made.status).toBe(201);
    await stage.stop();
  });
}

#!/usr/bin/env node
// The installed command: plain JavaScript, so that a Node too old for the rest says so instead of failing on syntax.
// Keep the version in step with "engines" in package.json.
const required = [22, 22];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < required[0] || (major === required[0] && minor < required[1])) {
  console.error(`ldap-scim-gateway needs Node ${required.join('.')} or newer; this is Node ${process.versions.node}.`);
  process.exit(2);
}

await import('../dist/cli.js');

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { type McpRig, programOf, startMcpRig } from '#server/testing/mcp-rig.ts';
import { type Browser, joinAs, PASSWORD, signInByLink } from '#server/testing/people.ts';

let rig: McpRig;
let owner: Browser;
beforeAll(async () => {
  rig = await startMcpRig({
    SIGNALBOX_MCP_PROGRAMS: programOf('everything', '@modelcontextprotocol/server-everything'),
  });
  owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => rig[Symbol.asyncDispose]());

const connect = ({ ask }: Browser, slug: string, proof: object = {}) =>
  ask('/api/v1/mcp/connect', { body: { slug, program: 'everything', args: ['stdio'], ...proof } });
const change = ({ ask }: Browser, id: string, body: object) =>
  ask(`/api/v1/mcp/connections/${id}`, { method: 'PATCH', body });
const auditOf = async (action: string, target: string) => {
  const { body } = await rig.http.call('/api/v1/audit?limit=200');
  return body.entries.filter(
    (each: { action: string; target: string }) => each.action === action && each.target === target,
  );
};
const growOld = (session = '') => rig.http.program.database.sql`
  UPDATE sessions SET created_at = now() - interval '16 minutes'
  WHERE ${session === ''} OR user_id = ${session || null}::text::uuid`;

describe('to have a program started', () => {
  test('takes the password of an admin, and so does to change what it is started with', async () => {
    const admin = await joinAs(rig.http, owner, 'admin');
    for (const proof of [{}, { current_password: 'wrong password!' }]) {
      const refused = await connect(admin, 'proved', proof);
      expect([refused.status, refused.body.detail]).toEqual([
        403,
        expect.stringContaining('The current password is missing or wrong.'),
      ]);
    }
    const proof = { current_password: PASSWORD };
    const { status, body } = await connect(admin, 'proved', proof);
    expect(status, JSON.stringify(body)).toBe(201);
    const id = body.connection_id;
    for (const what of [{ args: ['stdio', '--other'] }, { variables: { TOKEN: 'x' } }]) {
      expect((await change(admin, id, what)).status).toBe(403);
    }
    // What it is started with stays as it is.
    expect((await change(admin, id, { timeout_ms: 9000 })).status).toBe(200);
    expect((await change(admin, id, { args: ['stdio', '--other'], ...proof })).status).toBe(200);
    const [entry] = await auditOf('mcp-connection.changed', id);
    expect(entry).toMatchObject({
      before: { args: ['stdio'], program: expect.any(String) },
      after: { args: ['stdio', '--other'], program: expect.any(String) },
    });
    expect(JSON.stringify(await auditOf('mcp-connection.created', id))).not.toContain(PASSWORD);
    expect(await auditOf('account.refused', admin.id)).not.toHaveLength(0);
  });

  test('takes a sign-in of just now from somebody without a password', async () => {
    const admin = await joinAs(rig.http, owner, 'admin');
    const uuid = toUuid(admin.id as never);
    await rig.http.program.database.sql`UPDATE users SET password_hash = NULL WHERE id = ${uuid}::text::uuid`;
    expect((await connect(admin, 'just-now')).status).toBe(201);
    await growOld(uuid);
    const { status, body } = await connect(admin, 'too-late');
    expect([status, body.detail]).toEqual([
      403,
      expect.stringContaining('You signed in too long ago for this.'),
    ]);
  });

  test('takes the link again from the owner who has come by nothing else', async () => {
    expect((await connect(owner, 'by-link')).status).toBe(201);
    await growOld();
    const { status, body } = await connect(owner, 'by-old-link');
    expect([status, body.detail]).toEqual([403, expect.stringContaining('too long ago')]);
    const again = await signInByLink(rig.http, () =>
      rig.http.program.services.identity.links.issueOwnerLink(),
    );
    expect((await connect(again, 'by-new-link')).status).toBe(201);
  });

  test('is nothing that a server elsewhere is asked for', async () => {
    const old = { slug: 'elsewhere', url: 'https://mcp.example.com/mcp' };
    await growOld();
    expect((await owner.ask('/api/v1/mcp/connect', { body: old })).status).toBe(201);
  });
});

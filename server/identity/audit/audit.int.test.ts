import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTenant } from '#db/tenant.ts';
import { DEFAULT_ORG_ID, makeId, toUuid } from '#server/domain/ids.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { LOCAL_OWNER } from '../actor.ts';
import { createCheckpointer } from './checkpoints.ts';
import { createAuditJournal } from './journal.ts';
import { auditNote, noteIn } from './note.ts';
import { createSigner } from './signer.ts';
import { verifyAudit } from './verify.ts';

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const ORG = toUuid(DEFAULT_ORG_ID);
const signer = createSigner({ id: 'test', bytes: new Uint8Array(32).fill(7) });
const verify = () => verifyAudit(ORG, { sql: program.database.sql, publicKeys: [signer.publicKeyPem] });
const note = (target: string) => auditNote(LOCAL_OWNER, 'test.done', { target });
const targets = async (action = 'test.done') => {
  const rows = await program.database.sql<{ target: string }[]>`
    SELECT target FROM audit_entries WHERE action = ${action} ORDER BY seq`;
  return rows.map(({ target }) => target);
};

describe('the audit', () => {
  test('keeps what many write at once, each once, in one unbroken chain', async () => {
    const { sql } = program.database;
    const journals = [1, 2, 3].map(() => createAuditJournal({ sql, onTrouble: () => undefined }));
    const wanted = Array.from({ length: 300 }, (_, at) => `many-${at}`);
    await Promise.all(wanted.map((target, at) => journals[at % 3]?.write(note(target))));
    expect((await targets()).toSorted()).toEqual(wanted.toSorted());
    expect(await verify()).toMatchObject({ fault: null });
  });

  test('has an entry of a transaction when it is committed, and none when it is not', async () => {
    const write = (target: string, fails: boolean) =>
      inTenant(program.services.db, DEFAULT_ORG_ID, async (tx) => {
        await noteIn(tx, note(target));
        if (fails) throw new Error('rolled back');
      });
    await write('kept', false);
    await expect(write('undone', true)).rejects.toThrow('rolled back');
    expect(await targets()).toContain('kept');
    expect(await targets()).not.toContain('undone');
    expect(await verify()).toMatchObject({ fault: null });
  });

  test('takes hostile text as it is, and bounds what is large', async () => {
    const { sql } = program.database;
    const name = 'x\u0000\r\n\u001b[31m{"actor":{"id":"somebody else"}}\u202e';
    const after = { text: 'y'.repeat(100_000) };
    await createAuditJournal({ sql, onTrouble: () => undefined }).write(
      auditNote({ ...LOCAL_OWNER, id: 'hostile', name }, 'test.hostile', { target: name, after }),
    );
    const [row] = await sql<{ body: string; actor_id: string }[]>`
      SELECT body, actor_id FROM audit_entries WHERE action = 'test.hostile'`;
    expect(row?.actor_id).toBe('hostile');
    expect(row?.body.length).toBeLessThan(2000);
    expect(row?.body).not.toMatch(/[\r\n]/);
    expect(await verify()).toMatchObject({ fault: null });
  });

  test('cannot be written for another tenant, changed, or removed by the doors', async () => {
    const other = makeId('org', program.services.newUuid());
    await program.database.sql`INSERT INTO orgs (id, name) VALUES (${toUuid(other)}, 'other')`;
    const as = (text: string) =>
      inTenant(program.services.db, other, (tx) => tx.execute(text)).then(
        (rows) => [...rows].length,
        (error) => (error.cause ?? error).code as string,
      );
    expect(await as(`SELECT audit_append('${ORG}', '[]')`)).toBe('42501');
    expect(await as('SELECT * FROM audit_entries')).toBe(0);
    expect(await as('DELETE FROM audit_entries')).toBe('42501');
    expect(await as("UPDATE audit_entries SET action = 'x'")).toBe('42501');
    expect(await as('SELECT sealed FROM secrets')).toBe('42501');
    await expect(program.database.sql`DELETE FROM audit_entries`).rejects.toMatchObject({ code: '42501' });
    await expect(program.database.sql`TRUNCATE audit_entries`).rejects.toMatchObject({ code: '42501' });
  });

  /** As whoever has the rights of the owner could. */
  const tamper = (change: string) =>
    program.database.sql.begin(async (tx) => {
      for (const does of ['DISABLE', 'ENABLE']) {
        await tx.unsafe(`ALTER TABLE audit_entries ${does} TRIGGER audit_entries_final`);
        if (does === 'DISABLE') await tx.unsafe(change);
      }
    });

  test('shows which entry was changed or taken out of its middle', async () => {
    const { sql } = program.database;
    const journal = createAuditJournal({ sql, onTrouble: () => undefined });
    for (const target of ['before', 'changed', 'after']) await journal.write(note(target));
    const [entry] = await sql<{ seq: string; target: string }[]>`
      SELECT seq, target FROM audit_entries WHERE target = 'changed'`;
    const seq = Number(entry?.seq);
    const rename = (from: string, to: string) =>
      tamper(`UPDATE audit_entries SET body = replace(body, '${from}', '${to}') WHERE seq = ${seq}`);
    await rename('changed', 'harmless');
    expect(await verify()).toMatchObject({ fault: { seq } });
    await rename('harmless', 'changed');
    expect(await verify()).toMatchObject({ fault: null });

    await sql`CREATE TABLE kept_aside AS SELECT * FROM audit_entries WHERE seq = ${seq}`;
    await tamper(`DELETE FROM audit_entries WHERE seq = ${seq}`);
    expect((await verify()).fault?.seq).toBeGreaterThanOrEqual(seq);
    await tamper(`INSERT INTO audit_entries SELECT * FROM kept_aside`);
    expect(await verify()).toMatchObject({ fault: null });
  });

  test('takes no checkpoint for one that was not signed here, whatever key it names', async () => {
    const { sql } = program.database;
    const forger = createSigner({ id: 'forger', bytes: new Uint8Array(32).fill(8) });
    const [head] = await sql<{ seq: string; hash: Uint8Array; at: Date }[]>`
      SELECT seq, hash, at FROM audit_heads WHERE org_id = ${ORG}`;
    if (!head) throw new Error('nothing is written yet');
    const text = { orgUuid: ORG, seq: Number(head.seq), hash: head.hash, at: head.at };
    const keptOf = (by: typeof signer) => ({
      ...{ org: ORG, seq: text.seq, at: text.at.toISOString(), key_id: signer.keyId },
      hash: Buffer.from(text.hash).toString('hex'),
      signature: by.sign(text).toString('base64'),
    });
    const against = (by: typeof signer) =>
      verifyAudit(ORG, { sql, publicKeys: [signer.publicKeyPem], kept: [keptOf(by)] });
    expect(await against(signer)).toMatchObject({ fault: null, checkpoints: 1 });
    expect(await against(forger)).toMatchObject({
      fault: { seq: text.seq, problem: expect.stringContaining('not signed') },
    });
  });

  test('shows what somebody with the rights of the owner cut off, against a checkpoint', async () => {
    const { sql } = program.database;
    const signed: number[] = [];
    const onSigned = ({ seq }: { seq: number }) => signed.push(seq);
    const checkpointer = createCheckpointer({ sql, signer, onSigned, onTrouble: () => undefined });
    await createAuditJournal({ sql, onTrouble: () => undefined }).write(note('last'));
    expect(await checkpointer.run()).toBe(1);
    expect(await checkpointer.run()).toBe(0);
    expect(await verify()).toMatchObject({ fault: null, checkpoints: 1 });
    const [head] = signed as [number];
    await tamper(`DELETE FROM audit_entries WHERE seq = ${head}`);
    expect(await verify()).toMatchObject({ fault: { seq: head } });
  });
});

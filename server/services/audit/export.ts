import { and, asc, eq, gt } from 'drizzle-orm';
import { auditEntries } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

const PAGE = 1000;

/** One line an entry, oldest first, with the text that was hashed: enough to check the chain anywhere. */
export function exportAudit(services: Services, actor: Actor): AsyncIterable<string> {
  authorise(actor, 'audit.read');
  return readLines(services, actor);
}

async function* readLines(services: Services, actor: Actor): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const rows = await inTenant(services.db, actor.orgId, (tx) =>
      tx
        .select()
        .from(auditEntries)
        .where(and(eq(auditEntries.orgId, toUuid(actor.orgId)), gt(auditEntries.seq, after)))
        .orderBy(asc(auditEntries.seq))
        .limit(PAGE),
    );
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
    yield rows
      .map(
        ({ seq, at, body, hash }) =>
          `${JSON.stringify({ seq, at, body, hash: Buffer.from(hash).toString('hex') })}\n`,
      )
      .join('');
  }
}

import { and, asc, gt } from 'drizzle-orm';
import { z } from 'zod';
import { auditEntries } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { type CsvCell, csvLines } from '#server/domain/csv.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type AuditFilter, auditFilterFields, isWanted } from './audit-filter.ts';
import { viewEntry } from './list.ts';

/** `jsonl`: the text that was hashed, to check the chain anywhere. `csv`: for a spreadsheet. */
export const auditExportFields = { format: z.enum(['jsonl', 'csv']).default('jsonl') };
const exportSchema = z.strictObject({ ...auditFilterFields, ...auditExportFields });

type Row = typeof auditEntries.$inferSelect;

const PAGE = 1000;
const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

const COLUMNS: Readonly<Record<string, (row: Row, view: ReturnType<typeof viewEntry>) => CsvCell>> = {
  seq: ({ seq }) => seq,
  at: ({ at }) => at.toISOString(),
  actor_id: ({ actorId }) => actorId,
  actor: (_, { actor }) => JSON.stringify(actor),
  action: ({ action }) => action,
  target: ({ target }) => target,
  address: (_, { address }) => address,
  request_id: ({ requestId }) => requestId,
  reason: (_, { reason }) => reason,
  before: (_, { before }) => (before === null ? null : JSON.stringify(before)),
  after: (_, { after }) => (after === null ? null : JSON.stringify(after)),
  hash: ({ hash }) => hexOf(hash),
};

const FORMATS = {
  jsonl: {
    head: '',
    write: (rows: readonly Row[]) =>
      rows
        .map(({ seq, at, body, hash }) => `${JSON.stringify({ seq, at, body, hash: hexOf(hash) })}\n`)
        .join(''),
  },
  csv: {
    head: csvLines([Object.keys(COLUMNS)]),
    write: (rows: readonly Row[]) =>
      csvLines(
        rows.map((row) => {
          const view = viewEntry(row);
          return Object.values(COLUMNS).map((cell) => cell(row, view));
        }),
      ),
  },
};

/**
 * One line an entry, oldest first: all that the list shows under the same filter, read page by page. That it leaves this
 * house is an entry too, written before the first line goes out.
 */
export async function exportAudit(
  services: Services,
  actor: Actor,
  input: z.input<typeof exportSchema> = {},
): Promise<AsyncIterable<string>> {
  authorise(actor, 'audit.read');
  const { format, ...filter } = parseInput(exportSchema, input);
  const after = JSON.parse(JSON.stringify({ format, ...filter }));
  await services.record(actor, 'audit.exported', { target: 'audit', after });
  return readLines(services, { actor, filter, ...FORMATS[format] });
}

interface Wanted {
  actor: Actor;
  filter: AuditFilter;
  head: string;
  write(rows: readonly Row[]): string;
}

async function* readLines(
  services: Services,
  { actor, filter, head, write }: Wanted,
): AsyncGenerator<string> {
  if (head !== '') yield head;
  for (let after = 0; ; ) {
    const rows = await inTenant(services.db, actor.orgId, (tx) =>
      tx
        .select()
        .from(auditEntries)
        .where(and(isWanted(actor, filter), gt(auditEntries.seq, after)))
        .orderBy(asc(auditEntries.seq))
        .limit(PAGE),
    );
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
    yield write(rows);
  }
}

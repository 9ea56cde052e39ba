import { getTableColumns, sql } from 'drizzle-orm';
import { z } from 'zod';
import { given, readyRows } from '#db/ready-rows.ts';
import { runEvents, runs } from '#db/schema/index.ts';
import { readTenant } from '#db/tenant.ts';
import type { RunEvent } from '#server/domain/engine/events.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { isRunOver, type RunStatus } from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { redactEvent } from './redact.ts';
import { marksOf } from './run-view.ts';
import { type Shown, showEvent } from './shown.ts';

const eventsSchema = z.strictObject({
  id: idSchema('run'),
  /** The last number seen; 0 reads from the start. */
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(1000).default(200),
});

export interface NumberedEvent extends Shown {
  seq: number;
  at: Date;
  event: RunEvent;
}

export interface EventPage {
  status: RunStatus;
  isOver: boolean;
  /** The run's last number, which may be beyond this page. */
  lastSeq: number;
  events: NumberedEvent[];
}

const RUN = readyRows(
  { status: runs.status, seq: runs.seq, versionId: runs.versionId },
  runs,
  sql`${runs.id} = ${given('runId')}`,
);
const ENTRIES = readyRows(
  getTableColumns(runEvents),
  runEvents,
  sql`${runEvents.runId} = ${given('runId')} AND ${runEvents.seqTo} > ${given('after')}
    ORDER BY ${runEvents.seqFrom} LIMIT ${given('limit')}`,
);

export async function listRunEvents(
  services: Services,
  actor: Actor,
  input: z.input<typeof eventsSchema>,
): Promise<EventPage> {
  authorise(actor, 'run.read');
  const { id, after, limit } = parseInput(eventsSchema, input);
  const runId = toUuid(id);
  const asked = [RUN({ runId }), ENTRIES({ runId, after, limit })] as const;
  const [[run], rows] = await readTenant(services.db, actor.orgId, asked);
  if (!run) throw notFound('run', id);
  const marks = await marksOf(services, run);
  const show = may(actor, 'run.payload') ? (event: RunEvent) => event : redactEvent;
  const events = rows
    .flatMap((row) =>
      row.entries.map((event, at) =>
        showEvent({ seq: row.seqFrom + at, at: row.at, event: show(event) }, marks),
      ),
    )
    .filter(({ seq }) => seq > after);
  return {
    status: run.status,
    isOver: isRunOver(run.status),
    lastSeq: run.seq,
    events: events.slice(0, limit),
  };
}

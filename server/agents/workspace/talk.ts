import { and, asc, desc, eq, gt, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import { keysIn, madeBefore, makeOnceBy, type Once } from '#db/queries/make-once.ts';
import { handAlive, type Place, type Writer } from '#db/queries/workspace-enter.ts';
import { endLeasesOf } from '#db/queries/workspace-leases.ts';
import { workspaceCollaborators, workspaceMessages, workspaceSteps } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { invalid } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { change, charge, type Desk } from './desk.ts';

export interface Collaborator {
  holder: string;
  name: string;
  about: string | null;
  joinedAt: Date;
  seenAt: Date;
  leftAt: Date | null;
  /** Has neither left nor lost the task that it worked on. */
  isHere: boolean;
}

/** Those who take part, as far as they are listed. */
export interface Company {
  /** Those that came last, in the order in which they came. */
  collaborators: Collaborator[];
  /** So many came before them. */
  more: number;
}

export interface Message {
  seq: number;
  from: string;
  fromName: string;
  /** Null: to all. */
  to: string | null;
  toName: string | null;
  body: string;
  at: Date;
}

export interface Step {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields?: JsonObject | undefined;
}

export interface Letter {
  to: string | null;
  body: string;
  /** Left out: each sending is another message. */
  once?: Once | null;
}

export interface Sent {
  seq: number;
  /** False: the same request has sent it before. */
  isNew: boolean;
}

export interface Talk {
  join(place: Place, writer: Writer, about: string | null): Promise<Company>;
  /** Gives back all that it has claimed. */
  leave(place: Place, writer: Writer): Promise<{ released: number }>;
  company(place: Place): Promise<Company>;
  logStep(place: Place, writer: Writer, step: Step): Promise<{ seq: number }>;
  send(place: Place, writer: Writer, letter: Letter): Promise<Sent>;
  /** What was sent to it or to all and it has not said to have seen, oldest first. `seen`: everything up to there. */
  inbox(
    place: Place,
    writer: Writer,
    wanted: { seen?: number | undefined; limit: number },
  ): Promise<Message[]>;
}

export function createTalk(desk: Desk): Talk {
  return {
    join: (place, writer, about) =>
      change(desk, { place, writer }, async (tx) => {
        await tx.update(workspaceCollaborators).set({ about }).where(itself(place, writer));
        return readCompany(tx, place);
      }),

    leave: (place, writer) =>
      change(desk, { place, writer }, async (tx, { seq }) => {
        const released = await endLeasesOf(tx, place.runId, { holder: writer.holder, seq });
        await tx
          .update(workspaceCollaborators)
          .set({ leftAt: sql`clock_timestamp()` })
          .where(itself(place, writer));
        return { released };
      }),

    company: (place) => inTenant(desk.db, place.orgId, (tx) => readCompany(tx, place)),

    logStep: (place, writer, { level, message, fields }) =>
      change(desk, { place, writer }, async (tx, { seq }) => {
        await charge(desk, tx, {
          place,
          bytes: message.length + (fields ? JSON.stringify(fields).length : 0),
        });
        await tx.insert(workspaceSteps).values({
          ...{ ...bare(place), seq, ...by(writer), level, message, fields: fields ?? null },
          ...{ stageKey: writer.hand?.stageKey ?? null, at: sql`clock_timestamp()` },
        });
        return { seq };
      }),

    async send(place, writer, { to, body, once = null }) {
      // Looked for before the workspace is entered: what was sent stays sent when the run is over.
      const before = once && (await inTenant(desk.db, place.orgId, (tx) => madeBefore(keysIn(tx), once)));
      if (before !== null) return { seq: seqOf(before), isNew: false };
      return change(desk, { place, writer }, async (tx, { seq }) => {
        const { id, isNew } = await makeOnceBy(keysIn(tx), once, async () => {
          await insertMessage(desk, tx, { place, writer, seq, to, body });
          return { id: `message_${seq}`, isNew: true };
        });
        return { seq: seqOf(id), isNew };
      });
    },

    // No change that others need to hear of: whoever waits for mail looks again and again.
    inbox: (place, writer, { seen = 0, limit }) =>
      inTenant(desk.db, place.orgId, async (tx) => {
        const readSeq = await markSeen(tx, { place, writer, seen });
        const { holder, recipient, seq } = workspaceMessages;
        const toMe = and(ne(holder, writer.holder), or(isNull(recipient), eq(recipient, writer.holder)));
        return readMessages(tx, { place, where: and(gt(seq, readSeq), toMe), limit });
      }),
  };
}

const seqOf = (messageId: string): number => Number(messageId.slice('message_'.length));

async function insertMessage(
  desk: Desk,
  tx: TenantTransaction,
  { place, writer, seq, to, body }: { place: Place; writer: Writer; seq: number } & Letter,
): Promise<void> {
  const recipient = to === null ? null : await findRecipient(tx, place, to);
  await charge(desk, tx, { place, bytes: body.length });
  await tx.insert(workspaceMessages).values({
    ...{ ...bare(place), seq, ...by(writer), body, at: sql`clock_timestamp()` },
    ...{ recipient: recipient?.holder ?? null, recipientName: recipient?.name ?? null },
  });
}

/** How far it has read. Whoever asks for mail is there. */
async function markSeen(
  tx: TenantTransaction,
  { place, writer, seen }: { place: Place; writer: Writer; seen: number },
): Promise<number> {
  const { holder, name, hand } = writer;
  const [row] = await tx.execute<{ read_seq: string }>(sql`
    INSERT INTO workspace_collaborators AS c
      (run_id, holder, org_id, name, task_index, epoch, joined_at, seen_at, read_seq)
    SELECT run_id, ${holder}, org_id, ${name}, ${hand?.index ?? null}::text::int, ${hand?.epoch ?? null}::text::int,
      clock_timestamp(), clock_timestamp(), ${seen}::text::bigint
    FROM workspaces WHERE run_id = ${toUuid(place.runId)}::text::uuid AND org_id = (SELECT current_org())
    ON CONFLICT (run_id, holder) DO UPDATE
      SET read_seq = greatest(c.read_seq, excluded.read_seq), seen_at = clock_timestamp()
    RETURNING read_seq`);
  return Number(row?.read_seq ?? seen);
}

const bare = ({ runId, orgId }: Place) => ({ runId: toUuid(runId), orgId: toUuid(orgId) });
const by = ({ holder, name }: Writer) => ({ holder, name });
const itself = ({ runId }: Place, { holder }: Writer) =>
  and(eq(workspaceCollaborators.runId, toUuid(runId)), eq(workspaceCollaborators.holder, holder));

async function readCompany(tx: TenantTransaction, place: Place): Promise<Company> {
  const collaborators = (await selectCollaborators(tx, place)).reverse();
  if (collaborators.length < MAX_SHOWN) return { collaborators, more: 0 };
  const came = await tx.$count(workspaceCollaborators, eq(workspaceCollaborators.runId, toUuid(place.runId)));
  return { collaborators, more: came - collaborators.length };
}

/** The newest first. */
async function selectCollaborators(
  tx: TenantTransaction,
  { runId }: Place,
  which?: SQL,
): Promise<Collaborator[]> {
  return tx
    .select({
      holder: workspaceCollaborators.holder,
      name: workspaceCollaborators.name,
      about: workspaceCollaborators.about,
      joinedAt: workspaceCollaborators.joinedAt,
      seenAt: workspaceCollaborators.seenAt,
      leftAt: workspaceCollaborators.leftAt,
      isHere: sql<boolean>`left_at IS NULL AND ${handAlive('workspace_collaborators')}`,
    })
    .from(workspaceCollaborators)
    .where(and(eq(workspaceCollaborators.runId, toUuid(runId)), which))
    .orderBy(desc(workspaceCollaborators.joinedAt), desc(workspaceCollaborators.holder))
    .limit(MAX_SHOWN);
}

const MAX_SHOWN = 500;

export async function readMessages(
  tx: TenantTransaction,
  { place, where, limit }: { place: Place; where: ReturnType<typeof and>; limit: number },
): Promise<Message[]> {
  return tx
    .select({
      seq: workspaceMessages.seq,
      from: workspaceMessages.holder,
      fromName: workspaceMessages.name,
      to: workspaceMessages.recipient,
      toName: workspaceMessages.recipientName,
      body: workspaceMessages.body,
      at: workspaceMessages.at,
    })
    .from(workspaceMessages)
    .where(and(eq(workspaceMessages.runId, toUuid(place.runId)), where))
    .orderBy(asc(workspaceMessages.seq))
    .limit(limit);
}

/** By what it is called inside, or by its name where only one has that. */
async function findRecipient(tx: TenantTransaction, place: Place, to: string): Promise<Collaborator> {
  const { holder, name } = workspaceCollaborators;
  const meant = await selectCollaborators(tx, place, or(eq(holder, to), eq(name, to)));
  const exact = meant.find((each) => each.holder === to);
  const named = meant.filter((each) => each.name === to);
  const found = exact ?? (named.length === 1 ? named[0] : undefined);
  if (found) return found;
  const { collaborators, more } =
    named.length > 1 ? { collaborators: named, more: 0 } : await readCompany(tx, place);
  throw invalid(
    named.length > 1
      ? `${named.length} collaborators are called ${to}.`
      : `Nobody called ${to} has been here.`,
    {
      collaborators: collaborators.map((each) => ({ id: each.holder, name: each.name })),
      ...(more > 0 ? { more_collaborators: more } : {}),
    },
    'Name one of those listed by its id, or send the message to all.',
  );
}

import { and, arrayContains, eq, ilike, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { drafts, members, pipelineStars, pipelines, versions } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { fromUuid, idSchema, type PipelineId, toUuid, type UserId } from '#server/domain/ids.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { beyond, inOrder, type Page, pageFields, sortableTime, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { MAX_RECENT, type RecentRun, readRecentRuns } from './recent-runs.ts';

export const PIPELINE_SORTS = ['created', 'name', 'updated'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  /** Words in its name or description. */
  search: z.string().max(200).optional(),
  /** It has all of them. */
  tags: z.array(z.string().min(1).max(64)).max(32).optional(),
  /** These alone, archived or not. */
  ids: z.array(idSchema('pipe')).min(1).max(50).optional(),
  /** Left out: those in use, or all of those that were named. */
  archived: z.boolean().optional(),
  starred: z.boolean().optional(),
  sort: z.enum(PIPELINE_SORTS).default('created'),
  order: z.enum(['asc', 'desc']).default('asc'),
  /** So many of the last runs are told with each. */
  recentRuns: z.int().min(0).max(MAX_RECENT).default(0),
});
type ListInput = z.output<typeof listSchema>;

export interface PipelineListItem {
  id: PipelineId;
  name: string;
  description: string;
  tags: string[];
  draftRevision: number | null;
  versionNumber: number | null;
  stages: number;
  /** By whoever asks. */
  isStarred: boolean;
  /** Who made it, while they are a member. */
  owner: { id: UserId; name: string } | null;
  /** Newest first; null when it was not asked for, or is not for whoever asks. */
  recentRuns: RecentRun[] | null;
  archivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export async function listPipelines(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<PipelineListItem>> {
  authorise(actor, 'pipeline.read');
  const request = parseInput(listSchema, input);
  const { limit, cursor, sort, order } = request;
  const list = `pipelines ${sort} ${order}`;
  const after = cursor === undefined ? undefined : services.cursors.open(list, cursor);
  const rows = await inTenant(services.db, actor.orgId, (tx) => selectRows(tx, actor, { ...request, after }));
  const page = toPage(
    rows,
    { limit, cursors: services.cursors, list },
    { placeOf: ({ id, place }) => [place, id], toItems: toItem },
  );
  if (request.recentRuns === 0 || !may(actor, 'run.read')) return page;
  const which = { ids: page.items.map(({ id }) => id), limit: request.recentRuns };
  const recent = await readRecentRuns(services, actor, which);
  return { ...page, items: page.items.map((item) => ({ ...item, recentRuns: recent.get(item.id) ?? [] })) };
}

/** What a list is sorted by, written so that a cursor can hold it and give it back exactly. */
const SORTED: Record<ListInput['sort'], SQL<string>> = {
  created: sql`${pipelines.id}::text`,
  name: sql`lower(${pipelines.name})`,
  updated: sortableTime(pipelines.updatedAt),
};

function selectRows(
  tx: TenantTransaction,
  actor: Actor,
  request: ListInput & { after: string[] | undefined },
) {
  const { sort, order, limit } = request;
  const star = sql`EXISTS (SELECT FROM ${pipelineStars} s WHERE s.pipeline_id = ${pipelines.id} AND s.actor_id = ${actor.id})`;
  const walk = { place: SORTED[sort], id: sql<string>`${pipelines.id}`, order };
  return tx
    .select({
      id: pipelines.id,
      name: pipelines.name,
      description: pipelines.description,
      tags: pipelines.tags,
      archivedAt: pipelines.archivedAt,
      createdAt: pipelines.createdAt,
      updatedAt: pipelines.updatedAt,
      revision: drafts.revision,
      number: sql<
        number | null
      >`(SELECT max(v.number) FROM ${versions} v WHERE v.pipeline_id = ${pipelines.id})`,
      stages: sql<number>`coalesce(json_array_length(${drafts.document} -> 'stages'), 0)`,
      isStarred: sql<boolean>`${star}`,
      ownerId: members.userId,
      ownerName: members.name,
      place: SORTED[sort],
    })
    .from(pipelines)
    .leftJoin(drafts, eq(drafts.pipelineId, pipelines.id))
    .leftJoin(members, eq(members.userId, pipelines.madeBy))
    .where(and(...conditionsOf(request), request.starred ? star : undefined, beyond(walk, request.after)))
    .orderBy(...inOrder(walk))
    .limit(limit + 1);
}

function conditionsOf({
  search,
  tags,
  ids,
  archived = ids ? undefined : false,
}: ListInput): (SQL | undefined)[] {
  const words = (search ?? '').split(/\s+/).filter((word) => word !== '');
  return [
    archived === undefined
      ? undefined
      : archived
        ? isNotNull(pipelines.archivedAt)
        : isNull(pipelines.archivedAt),
    ids && inArray(pipelines.id, ids.map(toUuid)),
    tags && tags.length > 0 ? arrayContains(pipelines.tags, tags) : undefined,
    ...words.map((word) => {
      const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
      return or(ilike(pipelines.name, pattern), ilike(pipelines.description, pattern));
    }),
  ];
}

function toItem(row: Awaited<ReturnType<typeof selectRows>>[number]): PipelineListItem {
  const { id, number, revision, ownerId, ownerName, place: _, ...rest } = row;
  const owner = ownerId === null ? null : { id: fromUuid('user', ownerId), name: ownerName ?? '' };
  return {
    ...{ ...rest, owner, recentRuns: null },
    ...{ id: fromUuid('pipe', id), versionNumber: number, draftRevision: revision },
  };
}

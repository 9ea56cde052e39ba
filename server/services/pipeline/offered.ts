import { and, asc, count, desc, eq, isNotNull, isNull, ne, sql } from 'drizzle-orm';
import { pipelines, versions } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

/** A pipeline that is offered to models as a tool of its own. */
export interface OfferedPipeline {
  id: PipelineId;
  toolName: string;
  name: string;
  description: string;
  /** The newest published version, which is the one that runs. */
  version: number;
  /** Null: anything goes. */
  inputSchema: JsonObject | null;
}

/** More tools than that no model can choose from. */
const MAX_OFFERED = 200;

/** Where so many are offered already, one more would be shown to nobody. */
export async function refuseTooMany(tx: TenantTransaction, id: PipelineId): Promise<void> {
  const [row] = await tx
    .select({ count: count() })
    .from(pipelines)
    .where(and(isNull(pipelines.archivedAt), isNotNull(pipelines.toolName), ne(pipelines.id, toUuid(id))));
  if ((row?.count ?? 0) < MAX_OFFERED) return;
  throw new SignalboxError(
    'CONFLICT',
    `${MAX_OFFERED} pipelines are offered to models already, which are shown no more than that.`,
    { advice: 'Withdraw one that no model needs, then offer this one.' },
  );
}

/** All that are, or the one of that name; without a published version there is nothing to offer. */
export async function listOffered(
  services: Pick<Services, 'db'>,
  actor: Actor,
  { toolName }: { toolName?: string } = {},
): Promise<OfferedPipeline[]> {
  authorise(actor, 'pipeline.read');
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .selectDistinctOn([pipelines.toolName], {
        id: pipelines.id,
        toolName: pipelines.toolName,
        name: pipelines.name,
        description: pipelines.description,
        version: versions.number,
        inputSchema: sql<unknown>`${versions.graph} -> 'inputSchema'`,
      })
      .from(pipelines)
      .innerJoin(versions, eq(versions.pipelineId, pipelines.id))
      .where(
        and(
          isNull(pipelines.archivedAt),
          toolName === undefined ? isNotNull(pipelines.toolName) : eq(pipelines.toolName, toolName),
        ),
      )
      .orderBy(asc(pipelines.toolName), desc(versions.number))
      .limit(MAX_OFFERED),
  );
  return rows.map(({ id, toolName: name, inputSchema, ...rest }) => ({
    ...rest,
    id: fromUuid('pipe', id),
    toolName: name ?? '',
    inputSchema: isJsonObject(inputSchema) ? inputSchema : null,
  }));
}

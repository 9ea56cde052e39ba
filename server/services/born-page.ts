import { and, asc, desc, gt, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { TenantTransaction } from '#db/tenant.ts';
import { orderField } from './page.ts';

const moment = z.iso.datetime({ offset: true });

/** When it was made, as lists ask for it. */
export const createdFields = { createdAfter: moment.optional(), createdBefore: moment.optional() };

/** Of lists in the order in which things were made: the newest first, unless asked otherwise. */
export const bornFields = { ...createdFields, order: orderField.default('desc') };

interface Created {
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
}

/** Ids are made by the clocks of several machines: their range is taken that much wider than that of the times. */
const CLOCKS_APART = sql`interval '1 hour'`;

/** Of what has ids that say when they were made: a range of them, which an index knows, and the time itself. */
export function bornWithin(
  { id, at }: { id: PgColumn; at: PgColumn },
  { createdAfter, createdBefore }: Created,
): SQL | undefined {
  const time = (given: string) => sql`${given}::text::timestamptz`;
  return and(
    createdAfter === undefined
      ? undefined
      : sql`${id} >= uuid_at(${time(createdAfter)} - ${CLOCKS_APART}) AND ${at} >= ${time(createdAfter)}`,
    createdBefore === undefined
      ? undefined
      : sql`${id} < uuid_at(${time(createdBefore)} + ${CLOCKS_APART}) AND ${at} < ${time(createdBefore)}`,
  );
}

export interface Walk {
  /** What is walked, and the column that it stands in the order of. */
  table: PgTable;
  place: PgColumn;
  order: 'asc' | 'desc';
  /** Where the page before ended. */
  after: string | number | undefined;
  /** True of all that is walked, and known to the index of every lead. */
  within?: SQL | undefined;
  /** Each has an index that goes on in the order of the list. Of several the first one is walked along, and it is asked for the others. */
  leads: readonly (SQL | undefined)[];
  /** What has no index: it is asked for. */
  asked?: readonly (SQL | undefined)[];
}

/** How many are looked at in one request where each must be asked. */
export const LOOKS = 5000;

/** What a page is read by. */
export interface Stretch {
  where: SQL | undefined;
  orderBy: SQL;
  /** The place up to which there are as many as one request looks at; null: there are fewer. */
  upTo: string | number | null;
}

/**
 * Of a filter that hardly anything fits, all there is would be looked at for one page. Where no index has just what is
 * asked for, a page ends after so many looks, and the next one goes on from there.
 */
export async function stretchOf(tx: TenantTransaction, walk: Walk): Promise<Stretch> {
  const { table, place, order, after, within } = walk;
  const [direction, isBeyond, isUpTo] = order === 'asc' ? [asc, gt, lte] : [desc, lt, gte];
  const given = (conditions: readonly (SQL | undefined)[] = []) =>
    conditions.filter((each) => each !== undefined);
  const [lead, ...others] = given(walk.leads);
  const asked = [...others, ...given(walk.asked)];
  const along = and(within, lead, after === undefined ? undefined : isBeyond(place, after));
  const orderBy = direction(place);
  if (asked.length === 0) return { where: along, orderBy, upTo: null };
  const [last] = await tx
    .select({ place })
    .from(table)
    .where(along)
    .orderBy(orderBy)
    .offset(LOOKS - 1)
    .limit(1);
  const upTo = (last?.place as string | number | undefined) ?? null;
  return {
    where: and(along, ...asked, upTo === null ? undefined : isUpTo(place, upTo)),
    orderBy,
    upTo,
  };
}

/** Where a page that is not full goes on. */
export const restOf = ({ upTo }: Stretch, found: number, limit: number): readonly string[] | null =>
  upTo === null || found > limit ? null : [String(upTo)];

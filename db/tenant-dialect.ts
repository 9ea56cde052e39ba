import { and, eq, getTableColumns, is, type SQL, sql } from 'drizzle-orm';
import { type PgColumn, PgDialect, PgTable } from 'drizzle-orm/pg-core';
import { orgs } from './schema/index.ts';

type Select = Parameters<PgDialect['buildSelectQuery']>[0];
type Update = Parameters<PgDialect['buildUpdateQuery']>[0];
type Delete = Parameters<PgDialect['buildDeleteQuery']>[0];

/**
 * Names the tenant in each statement that is built, for each table in it whose rows are somebody's. The policies in
 * Postgres say the same once more: were one of them missing, or the role not held to them, nothing would show, and no verb
 * has to remember it. Statements written out as text name it themselves, by `isTenants`.
 */
export class TenantDialect extends PgDialect {
  readonly #org: string;

  constructor(org: string) {
    super();
    this.#org = org;
  }

  override buildSelectQuery(config: Select): SQL {
    const joins = config.joins?.map((join) => ({ ...join, on: and(join.on, this.#isOurs(join.table)) }));
    const where = and(config.where, this.#isOurs(config.table));
    return super.buildSelectQuery({ ...config, where, ...(joins ? { joins } : {}) });
  }

  override buildUpdateQuery(config: Update): SQL {
    return super.buildUpdateQuery({ ...config, where: and(config.where, this.#isOurs(config.table)) });
  }

  override buildDeleteQuery(config: Delete): SQL {
    return super.buildDeleteQuery({ ...config, where: and(config.where, this.#isOurs(config.table)) });
  }

  #isOurs(source: unknown): SQL | undefined {
    const column = tenantColumnOf(source);
    return column && eq(column, this.#org);
  }
}

/** None: what is read from is made of other statements, or a view that shows the tenant of its transaction only. */
function tenantColumnOf(source: unknown): PgColumn | undefined {
  if (!is(source, PgTable)) return undefined;
  return source === orgs ? orgs.id : (getTableColumns(source) as Record<string, PgColumn>).orgId;
}

/** For statements that are written out: that a row is of the tenant whose transaction this is. */
export const isTenants = (orgColumn: PgColumn | SQL): SQL => sql`${orgColumn} = (SELECT current_org())`;

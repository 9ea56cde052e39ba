import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sql } from '#db/client.ts';

/**
 * Tables of a real Postgres over HTTP, in the part of PostgREST's language that is used here: `select`, `order`, `limit`,
 * `column=eq.value` and rows as JSON. PostgREST itself is a Haskell program that neither npm nor Debian has.
 */
export interface TableApi extends AsyncDisposable {
  url: string;
  /** What came with each request. */
  seen: { method: string; path: string; authorization: string | undefined }[];
}

interface Asked {
  method: string;
  url: URL;
  /** As PostgREST is told: in a header. */
  schema: string;
  body: string;
}

export async function startTableApi(sql: Sql): Promise<TableApi> {
  const seen: TableApi['seen'] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', 'http://tables');
    seen.push({ method, path: url.pathname + url.search, authorization: headers.authorization });
    const schema = String(headers['accept-profile'] ?? headers['content-profile'] ?? 'public');
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const { status, answer } = await answerTo(sql, { method, url, schema, body }).catch((error) => ({
      status: 400,
      answer: { code: error.code, message: error.message },
    }));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerTo(sql: Sql, asked: Asked): Promise<{ status: number; answer: unknown }> {
  const table = sql`${sql(asked.schema)}.${sql(asked.url.pathname.slice(1))}`;
  if (asked.url.pathname === '/') return { status: 200, answer: await describe(sql, asked.schema) };
  const where = conditionsOf(sql, asked.url.searchParams);
  const values = asked.body === '' ? null : JSON.parse(asked.body);
  switch (asked.method) {
    case 'GET': {
      const { columns, order, limit } = pageOf(sql, asked.url.searchParams);
      return { status: 200, answer: await sql`SELECT ${columns} FROM ${table} ${where} ${order} ${limit}` };
    }
    case 'POST':
      return { status: 201, answer: await sql`INSERT INTO ${table} ${sql(values)} RETURNING *` };
    case 'PATCH':
      return { status: 200, answer: await sql`UPDATE ${table} SET ${sql(values)} ${where} RETURNING *` };
    case 'DELETE':
      return { status: 200, answer: await sql`DELETE FROM ${table} ${where} RETURNING *` };
    default:
      return { status: 405, answer: { message: `There is no ${asked.method}.` } };
  }
}

/** The words of the query that are no names of columns. */
const WORDS = ['select', 'order', 'limit', 'offset'];

function conditionsOf(sql: Sql, query: URLSearchParams) {
  const conditions = [...query].filter(([column]) => !WORDS.includes(column));
  return conditions.reduce((where, [column, condition]) => {
    const [, value] = /^eq\.(.*)$/s.exec(condition) ?? [];
    if (value === undefined) throw new Error(`It does not know ${condition}.`);
    return sql`${where} AND ${sql(column)}::text = ${value}`;
  }, sql`WHERE true`);
}

function pageOf(sql: Sql, query: URLSearchParams) {
  const select = query.get('select') ?? '*';
  const [column, direction] = (query.get('order') ?? '').split('.');
  const limit = query.get('limit');
  return {
    columns: select === '*' ? sql`*` : sql(select.split(',')),
    order: column ? sql`ORDER BY ${sql(column)} ${direction === 'desc' ? sql`DESC` : sql`ASC`}` : sql``,
    limit: limit === null ? sql`` : sql`LIMIT ${Number(limit)}`,
  };
}

/** The part of PostgREST's own description that names tables and columns. */
async function describe(sql: Sql, schema: string) {
  const columns = await sql<{ table: string; name: string; type: string }[]>`
    SELECT table_name AS table, column_name AS name, data_type AS type FROM information_schema.columns
    WHERE table_schema = ${schema} ORDER BY table_name, ordinal_position`;
  const definitions: Record<string, { properties: Record<string, { format: string }> }> = {};
  for (const { table, name, type } of columns) {
    definitions[table] ??= { properties: {} };
    definitions[table].properties[name] = { format: type };
  }
  return { swagger: '2.0', definitions };
}

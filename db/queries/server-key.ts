import type { Sql } from '../client.ts';

/** A secret that all processes on this database share. */
export async function readServerKey(sql: Sql, name: string): Promise<string> {
  const [row] = await sql<{ value: string }[]>`SELECT value FROM server_keys WHERE name = ${name}`;
  if (!row) throw new Error(`the server key ${name} is missing`);
  return row.value;
}

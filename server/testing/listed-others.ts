import { toUuid } from '#server/domain/ids.ts';
import type { TestApp } from './app.ts';
import { id, VERSION } from './listed-runs.ts';

/** Beside many runs: many of all else that there may be many of. One in 500 is rare, one tool is called by half of all calls. */
export const ROWS = 40_000;

export const CONNECTION = id('mcpc', 1);
export const TARGET = id('ntg', 1);
export const BULK = id('bulk', 1);
/** Of a run that much was said and done of. */
export const SOME_RUN = id('run', 5);

const ID = 'overlay(uuid_at(t)::text placing substring(md5(n::text) for 12) from 25)::uuid';
const MADE = `(SELECT n, now() - interval '40 days' * (1 - n::float8 / ${ROWS}) AS t FROM generate_series(1, ${ROWS}) n) AS made`;
const RUN = "CASE WHEN n % 500 = 0 THEN lpad('5', 32, '0')::uuid ELSE md5('run' || n)::uuid END";
const CONNECTED = "lpad(to_hex(1 + n % 4), 32, '0')::uuid";
const TOOL = "CASE WHEN n % 2 = 0 THEN 'busy' ELSE 'tool ' || n % 50 END";

export async function fillWithOthers({ database: { sql }, actor }: TestApp): Promise<void> {
  const org = `'${toUuid(actor.orgId)}'::uuid`;
  const statements = [
    `INSERT INTO versions (id, org_id, pipeline_id, number, graph, content_hash)
     SELECT version_id, ${org}, pipeline_id, row_number() OVER (PARTITION BY pipeline_id ORDER BY version_id = '${toUuid(VERSION)}'::uuid DESC),
       '{"stages": [{"key": "only", "type": "echo"}, {"key": "more", "type": "echo"}, {"key": "seldom", "type": "echo"}, {"key": "passed", "type": "echo"}]}',
       version_id::text FROM (SELECT DISTINCT version_id, pipeline_id FROM runs WHERE pipeline_id IS NOT NULL) AS known`,
    // A quarter of all runs are tasks on their own.
    `UPDATE runs SET trigger = 'task' WHERE get_byte(uuid_send(id), 15) % 4 = 0`,
    `INSERT INTO mcp_connections (id, org_id, slug, name, kind, url)
     SELECT lpad(to_hex(n), 32, '0')::uuid, ${org}, 'listed' || n, 'listed ' || n, 'http', 'https://example.org/' || n FROM generate_series(1, 4) n`,
    `INSERT INTO mcp_calls (id, org_id, connection_id, tool, door, caller_kind, caller_id, caller_name, run_id, outcome, ms, sent_bytes, got_bytes, at)
     SELECT ${ID}, ${org}, ${CONNECTED}, ${TOOL}, 'api', 'key', 'caller ' || n % 300, 'somebody', ${RUN},
       CASE WHEN n % 500 = 0 THEN 'fault' ELSE 'answered' END, n % 977, 1, 1, t FROM ${MADE}`,
    `INSERT INTO mcp_approvals (id, org_id, connection_id, tool, arguments, call_hash, caller, run_id, task_index, state, expires_at, created_at)
     SELECT ${ID}, ${org}, ${CONNECTED}, ${TOOL}, '{}', 'hash ' || n, '{"kind": "key", "id": "x", "name": "x"}', ${RUN}, 0,
       CASE WHEN n % 500 = 0 THEN 'asked' ELSE 'used' END, now() + interval '1 day', t FROM ${MADE}`,
    `INSERT INTO mcp_questions (id, org_id, connection_id, tool, definition_hash, sender, run_id, task_index, epoch, call_hash, repeatable, parts, state, expires_at, created_at)
     SELECT ${ID}, ${org}, ${CONNECTED}, ${TOOL}, 'd', 's', md5('run' || n)::uuid, 0, 1, 'hash ' || n, false, '[]',
       CASE WHEN n % 500 = 0 THEN 'asked' ELSE 'used' END, now() + interval '1 day', t FROM ${MADE}`,
    `INSERT INTO notification_targets (id, org_id, name, kind, address, events)
     VALUES (lpad('1', 32, '0')::uuid, ${org}, 'listed', 'email', 'a@example.org', '{run.failed}')`,
    `INSERT INTO notification_deliveries (id, org_id, target_id, kind, address, event, event_key, listener, run_id, body, state, tries_left, next_at, created_at)
     SELECT ${ID}, ${org}, lpad(to_hex(1 + n % 3), 32, '0')::uuid, 'email', 'a@example.org', 'run.failed', 'event ' || n, 'listener', ${RUN}, '{}',
       CASE WHEN n % 500 = 0 THEN 'given-up' ELSE 'delivered' END, 0, NULL, t FROM ${MADE}`,
    `INSERT INTO dead_letters (id, org_id, queue, reason, body, run_id, task_idx, created_at)
     SELECT ${ID}, ${org}, 'queue ' || n % 300, 'r', '{}', md5('run' || n)::uuid, 0, t FROM ${MADE}`,
    `INSERT INTO bulks (id, org_id, action, request, actor, status, total, created_at, finished_at)
     SELECT ${ID}, ${org}, CASE WHEN n % 500 = 0 THEN 'pause' ELSE 'cancel' END, '{}', '{"name": "x"}', 'done', 0, t, t FROM ${MADE}`,
    `INSERT INTO bulks (id, org_id, action, request, actor, status, total, finished_at) VALUES (lpad('1', 32, '0')::uuid, ${org}, 'cancel', '{}', '{"name": "x"}', 'done', 1, now())`,
    `INSERT INTO bulk_items (bulk_id, position, org_id, run_id, result)
     SELECT lpad('1', 32, '0')::uuid, n, ${org}, md5('run' || n)::uuid, CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'succeeded' END FROM ${MADE}`,
    `INSERT INTO audit_entries (org_id, seq, at, actor_id, action, target, body, hash)
     SELECT ${org}, n + coalesce((SELECT seq FROM audit_heads WHERE org_id = ${org}), 0), t, CASE WHEN n % 2 = 0 THEN 'busy' ELSE 'actor ' || n % 300 END,
       CASE WHEN n % 500 = 0 THEN 'run.killed' ELSE 'run.started' END, 'target ' || n % 5000, '{}', '\\x00' FROM ${MADE}`,
    `INSERT INTO audit_heads (org_id, seq, hash, at) VALUES (${org}, ${ROWS}, '\\x00', now())
     ON CONFLICT (org_id) DO UPDATE SET seq = audit_heads.seq + ${ROWS}, at = now()`,
  ];
  for (const statement of statements) await sql.unsafe(statement);
  await sql.unsafe('ANALYZE');
}

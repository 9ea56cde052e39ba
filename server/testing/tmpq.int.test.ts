import { expect, test } from 'vitest';
import { startTestServer } from './http.ts';
import { startQuotingCalls } from './mcp/quoting-calls.ts';
test('x', async () => {
  const http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  const made = await startQuotingCalls(http, { card: 'CANARY' }).catch((e) => e);
  console.log(made);
  for (const t of ['mcp_questions', 'mcp_health', 'mcp_calls']) console.log(t, JSON.stringify(await http.program.database.sql.unsafe(`SELECT * FROM ${t}`), null, 1));
  const { body } = await http.call('/api/v1/runs');
  console.log(JSON.stringify(body).slice(0, 3000));
  for (const r of body.runs ?? body.executions ?? []) console.log(JSON.stringify((await http.call(`/api/v1/runs/${r.id}`)).body.stages), JSON.stringify((await http.call(`/api/v1/runs/${r.id}/logs`)).body));
}, 200000);

/** The agent of the checklist: its name, and what it can do. */
export const FIRST_AGENT = { name: 'first-agent', capability: 'greet' } as const;

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A whole agent as one command: it registers, beats, takes tasks and answers them. Nothing needs to be installed. */
export function firstAgentCommand({ url, token }: { url: string; token: string }): string {
  return `export SIGNALBOX_URL=${shellQuoted(url)} SIGNALBOX_TOKEN=${shellQuoted(token)}
node --input-type=module --eval "$(cat <<'AGENT'
const { SIGNALBOX_URL, SIGNALBOX_TOKEN } = process.env;
async function call(path, body) {
  const answer = await fetch(SIGNALBOX_URL + '/api/v1/agents/' + path, {
    method: 'POST',
    headers: { authorization: 'Bearer ' + SIGNALBOX_TOKEN, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(path + ' answered ' + answer.status + ': ' + (await answer.text()));
  return answer.json();
}
const { agent_id: id, generation } = await call('register', {
  name: '${FIRST_AGENT.name}', capabilities: ['${FIRST_AGENT.capability}'],
});
const beat = () => call(id + '/heartbeat', { generation, beat: { in_flight: 0 } });
await beat();
setInterval(() => beat().catch(console.error), 5000);
console.log('Waiting for tasks. Ctrl-C ends it.');
for (;;) {
  const { tasks } = await call(id + '/claim', { generation, max: 1, wait_ms: 20000 });
  for (const { task_id, epoch, input } of tasks) {
    const output = { greeting: 'Hello ' + (input?.name ?? 'you') + '!' };
    await call(id + '/reports', { generation, reports: [{ type: 'succeeded', task_id, epoch, output }] });
    console.log('Done:', output);
  }
}
AGENT
)"`;
}

// An agent in plain Node: it comes for tasks that want `greet`, over HTTP. Settings: SIGNALBOX_URL, SIGNALBOX_TOKEN.
const base = process.env.SIGNALBOX_URL ?? 'http://127.0.0.1:3000';
const headers = {
  authorization: `Bearer ${process.env.SIGNALBOX_TOKEN}`,
  'content-type': 'application/json',
};

async function call(path, body) {
  const response = await fetch(`${base}/api/v1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

const { agent_id: id, generation } = await call('/agents/register', {
  name: 'greeter',
  capabilities: ['greet'],
});
const beat = () => call(`/agents/${id}/heartbeat`, { generation, beat: { in_flight: 0 } });
await beat();
setInterval(() => beat().catch((error) => console.error(error.message)), 5000);
console.log(`${id} is waiting for work.`);

for (;;) {
  const { tasks } = await call(`/agents/${id}/claim`, { generation, max: 10, wait_ms: 30_000 });
  for (const { task_id, epoch, input } of tasks) {
    const output = input.rows.map(({ name }) => ({ greeting: `Hello ${name}!` }));
    await call(`/agents/${id}/reports`, {
      generation,
      reports: [{ type: 'succeeded', task_id, epoch, output }],
    });
    console.log(`${task_id} is done.`);
  }
}

import { SDK_INSTALL } from '#server/domain/sdk-files.ts';

export const KINDS = ['typescript', 'python', 'http', 'curl', 'amqp'] as const;
export type Kind = (typeof KINDS)[number];

export interface Wanted {
  /** The name that it registers with; the token is for this name alone. */
  name: string;
  capability: string;
  url: string;
  token: string;
}

export interface Program {
  /** What it needs beside itself. */
  install: string | null;
  file: string;
  text: string;
  /** Starts it, from the folder that the file is in. */
  run: string;
}

/** A text that JavaScript, Python and JSON all read alike. */
const quoted = (text: string): string => JSON.stringify(text);
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const environment = ({ url, token }: Wanted): string =>
  `export SIGNALBOX_URL=${shellQuoted(url)}\nexport SIGNALBOX_TOKEN=${shellQuoted(token)}`;

/** Small whole programs: each comes in, takes tasks and answers with what it was given. */
const PROGRAMS: Record<Kind, (wanted: Wanted) => Program> = {
  typescript: (wanted) => ({
    install: SDK_INSTALL.typescript(wanted.url),
    file: 'agent.mjs',
    text: `import { runAgent } from '@signalbox/sdk';

await runAgent({
  name: ${quoted(wanted.name)},
  handlers: {
    [${quoted(wanted.capability)}]: async ({ input }) => {
      // The work. What is returned is the output.
      return input;
    },
  },
});
`,
    run: `${environment(wanted)}\nnode agent.mjs`,
  }),

  python: (wanted) => ({
    install: SDK_INSTALL.python(wanted.url),
    file: 'agent.py',
    text: `from signalbox import Agent

agent = Agent(${quoted(wanted.name)})


@agent.handles(${quoted(wanted.capability)})
def work(task):
    # The work. What is returned is the output.
    return task.input


agent.run()
`,
    run: `${environment(wanted)}\npython3 agent.py`,
  }),

  http: (wanted) => ({
    install: null,
    file: 'agent.mjs',
    text: `const { SIGNALBOX_URL, SIGNALBOX_TOKEN } = process.env;

async function call(path, body) {
  const answer = await fetch(SIGNALBOX_URL + '/api/v1' + path, {
    method: 'POST',
    headers: { authorization: 'Bearer ' + SIGNALBOX_TOKEN, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(path + ' answered ' + answer.status + ': ' + (await answer.text()));
  return answer.json();
}

const { agent_id: id, generation } = await call('/agents/register', {
  name: ${quoted(wanted.name)},
  capabilities: [${quoted(wanted.capability)}],
});
const beat = () => call('/agents/' + id + '/heartbeat', { generation, beat: { in_flight: 0 } });
await beat();
setInterval(() => beat().catch(console.error), 5000);

for (;;) {
  const { tasks } = await call('/agents/' + id + '/claim', { generation, max: 10, wait_ms: 30000 });
  for (const { task_id, epoch, input } of tasks) {
    // The work. What is sent as output is the output.
    const reports = [{ type: 'succeeded', task_id, epoch, output: input }];
    await call('/agents/' + id + '/reports', { generation, reports });
  }
}
`,
    run: `${environment(wanted)}\nnode agent.mjs`,
  }),

  curl: (wanted) => ({
    install: null,
    file: 'agent.sh',
    text: `#!/bin/sh
# Needs curl and jq.
call() {
  curl -sS --fail-with-body -X POST "$SIGNALBOX_URL/api/v1$1" \\
    -H "authorization: Bearer $SIGNALBOX_TOKEN" -H 'content-type: application/json' -d "$2"
}

me=$(call /agents/register ${shellQuoted(
      JSON.stringify({ name: wanted.name, capabilities: [wanted.capability] }),
    )}) || exit 1
id=$(printf %s "$me" | jq -r .agent_id)
generation=$(printf %s "$me" | jq -r .generation)

while call "/agents/$id/heartbeat" "{\\"generation\\":$generation,\\"beat\\":{\\"in_flight\\":0}}" >/dev/null; do
  call "/agents/$id/claim" "{\\"generation\\":$generation,\\"max\\":1,\\"wait_ms\\":4000}" |
    jq -c ".tasks[] | {generation: $generation, reports: [{type: \\"succeeded\\", task_id, epoch, output: .input}]}" |
    while read -r report; do call "/agents/$id/reports" "$report" >/dev/null; done
done
`,
    run: `${environment(wanted)}\nsh agent.sh`,
  }),

  amqp: (wanted) => ({
    install: 'npm install amqplib',
    file: 'agent.mjs',
    text: `import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';

const link = await connect(process.env.RABBITMQ_URL);
const channel = await link.createConfirmChannel();
const { queue: inbox } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
const send = (body) =>
  channel.publish('mcp.tasks', 'mcp.responses', Buffer.from(JSON.stringify({ version: 1, ...body })), {
    persistent: true,
    contentType: 'application/json',
    messageId: randomUUID(),
  });

// Comes in: says hello until it is welcomed.
const reply_to = randomUUID().slice(0, 18);
await channel.bindQueue(inbox, 'mcp.events', 'agents.welcome.' + reply_to);
const hello = {
  name: ${quoted(wanted.name)},
  transport: 'amqp',
  capabilities: [{ name: ${quoted(wanted.capability)} }],
};
const asking = setInterval(() => send({ reply_to, hello }), 2000);
const welcome = await new Promise((resolve) => {
  channel.consume(inbox, (message) => message && resolve(JSON.parse(message.content)), { noAck: true });
  send({ reply_to, hello });
});
clearInterval(asking);
if (welcome.refused) throw new Error(JSON.stringify(welcome.refused));
const { agent_id, generation } = welcome;

const beat = () => send({ agent_id, generation, beat: { in_flight: 0 } });
setInterval(beat, welcome.beat_every_ms);

await channel.prefetch(1);
for (const queue of welcome.queues)
  await channel.consume(queue, async (message) => {
    if (!message) return;
    const { tasks } = JSON.parse(message.content);
    // The work. What is sent as output is the output.
    const reports = tasks.map((task) => {
      const { task_id, epoch, input } = task;
      return { type: 'succeeded', task_id, epoch, output: input };
    });
    send({ agent_id, generation, reports });
    await channel.waitForConfirms();
    channel.ack(message);
  });
`,
    run: `export RABBITMQ_URL='amqp://user:password@host:5672'\nnode agent.mjs`,
  }),
};

export const programOf = (kind: Kind, wanted: Wanted): Program => PROGRAMS[kind](wanted);

/** Clients of `/ws` that note how old each event is when it comes. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const { origin, token, pipelineId, clients } = JSON.parse(process.argv[2] ?? '{}');
process.on('disconnect', () => process.exit());
/** Connections that are being made at once: all at once would measure the connecting. */
const AT_ONCE = 50;
let delays: number[] = [];
const TIMESTAMP = '"timestamp":"';

function note(text: string): void {
  const at = text.indexOf(TIMESTAMP);
  // Parsed no further: the clients share the machine with what is measured.
  if (at > 0 && text.includes('"task_update"')) {
    delays.push(Date.now() - Date.parse(text.slice(at + TIMESTAMP.length, at + TIMESTAMP.length + 24)));
  }
}

async function connect(): Promise<void> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, { perMessageDeflate: false });
  await once(socket, 'open');
  const ready = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = data.toString();
      note(text);
      if (text.includes('"resume_point"')) resolve();
    });
  });
  socket.on('close', (code) => console.error(`a client was hung up on: ${code}`));
  socket.send(JSON.stringify({ type: 'auth', token, targets: [{ pipeline_id: pipelineId }] }));
  await ready;
}

for (let made = 0; made < clients; made += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, clients - made) }, connect));
}
process.on('message', () => {
  process.send?.(delays);
  delays = [];
});
process.send?.('ready');

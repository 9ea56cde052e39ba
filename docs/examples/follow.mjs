// Follows everything that happens, whatever cuts the line: nothing is missed and nothing comes twice.
// node docs/examples/follow.mjs [run id]
const url = process.env.SIGNALBOX_URL ?? 'http://127.0.0.1:3000';
const token = process.env.SIGNALBOX_TOKEN;
const runId = process.argv[2];

/** The last resume point, and by run the last number seen since: all that there is to keep. */
let resume;
let seen = {};
/** Of so many runs the server can be told what was seen. */
const MOST = 1000;

function target() {
  if (runId) return { run_id: runId, after: seen[runId] ?? 0 };
  const latest = Object.fromEntries(Object.entries(seen).slice(-MOST));
  return { everything: true, ...(resume && { resume, seen: latest }) };
}

function hear(message) {
  const { type, run_id, seq, event } = message;
  // It was one of too many to be named: it comes again.
  if (event && seq <= (seen[run_id] ?? 0)) return;
  if (type === 'resume_point') {
    if (!resume) console.error('Listening.');
    resume = message.resume;
    seen = {};
  } else if (type === 'task_update') {
    console.log(`${run_id} ${seq} ${message.task_id}: ${message.status} ${message.progress}`);
  } else if (type === 'pipeline_progress' && event) {
    console.log(`${run_id} ${seq} ${event}: ${message.status} ${message.progress}`);
  } else if (type === 'error') {
    console.error(`${message.error}: ${message.details.message}`);
  }
  // A message without an event says how things stand and counts for nothing; an error is told again with its update.
  if (event && type !== 'error') seen[run_id] = seq;
  if (runId && /^run\.(succeeded|failed|cancelled)$/.test(event)) process.exit(0);
}

function connect() {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token, targets: [target()] }));
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = ({ code, reason }) => {
    console.error(`The line was cut (${code} ${reason}).`);
    if (code === 4401) process.exit(1);
    // A thousand clients of one server shall not come back in the same moment.
    setTimeout(connect, 500 + Math.random() * 2000);
  };
}

connect();

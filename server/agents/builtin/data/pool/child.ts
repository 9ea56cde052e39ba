import { openDatabase } from '../engine/database.ts';
import { type ChildMessage, childSettingsSchema, jobSchema } from './protocol.ts';
import { runJob } from './run-job.ts';

/**
 * The program of a child process: takes one job at a time over its channel and works on it in a database that
 * no other job sees. Whatever goes wrong in here, the server only sees a child that ended.
 */
const settings = childSettingsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));

const send = (message: ChildMessage): void => {
  process.send?.(message);
};

const open = (threads: number) => openDatabase({ ...settings, threads });

// The server went away: a query that runs on would have nobody to answer to.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

// The next job's database is opened ahead, so that its first query does not wait for it.
let prepared = open(1);
await (await prepared).rows("SELECT json_serialize_sql('SELECT 1'), count(*) FROM range(10)");

process.on('message', async (message) => {
  const job = jobSchema.parse(message);
  const mine = job.threads === 1 ? prepared : open(job.threads);
  const database = await mine;
  const answer = await runJob(database, job, send);
  send(answer);
  database.close();
  if (mine === prepared) prepared = open(1);
});

send({ kind: 'ready' });

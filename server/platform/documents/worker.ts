import { parentPort } from 'node:worker_threads';
import { type DocumentJob, workOn } from './work.ts';

/** The other thread: one job after the other. Nothing is thrown: documents are hostile, and both parts are total. */
parentPort?.on('message', (job: DocumentJob) => parentPort?.postMessage(workOn(job)));

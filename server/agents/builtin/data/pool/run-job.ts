import type { JsonObject } from '#server/domain/json.ts';
import { AgentFailure, type LogLevel } from '../../../agent.ts';
import type { Database } from '../engine/database.ts';
import { fromEngine } from '../engine/failures.ts';
import type { JobContext, OperationResult } from '../engine/job-context.ts';
import { storeTable } from '../engine/store-table.ts';
import { analyse } from '../operations/analyse.ts';
import { ingest } from '../operations/ingest.ts';
import { processTable } from '../operations/process-table.ts';
import { transform } from '../operations/transform.ts';
import { validate } from '../operations/validate.ts';
import { writeOutput } from '../operations/write-output.ts';
import { configSchemas } from '../schemas.ts';
import type { ChildMessage, Job, JobResult } from './protocol.ts';

function runOperation(context: JobContext, job: Job): Promise<OperationResult> {
  switch (job.capability) {
    case 'data-ingestion':
      return ingest(context, configSchemas['data-ingestion'].parse(job.config));
    case 'transformation':
      return transform(context, configSchemas.transformation.parse(job.config));
    case 'analysis':
      return analyse(context, configSchemas.analysis.parse(job.config));
    case 'validation':
      return validate(context, configSchemas.validation.parse(job.config));
    case 'processing':
      return processTable(context, configSchemas.processing.parse(job.config));
    case 'output':
      return writeOutput(context, configSchemas.output.parse(job.config));
  }
}

/** One job from its first table to its result. Throws nothing: a failure is an answer too. */
export async function runJob(
  database: Database,
  job: Job,
  send: (message: ChildMessage) => void,
): Promise<ChildMessage> {
  const context: JobContext = {
    database,
    inputs: job.inputs,
    tables: [],
    nowMs: job.nowMs,
    log(level: LogLevel, message: string, fields?: JsonObject) {
      send({ kind: 'log', level, message, ...(fields ? { fields } : {}) });
    },
    progress(fraction, note) {
      send({ kind: 'progress', fraction, ...(note ? { note } : {}) });
    },
  };
  try {
    const done = await runOperation(context, job);
    const result: JobResult = { body: done.body, tablePlace: done.tablePlace };
    if (done.table) result.table = await storeTable(database, done.table, job.inlineBytes);
    if (done.artefact) result.artefact = done.artefact;
    return { kind: 'done', result };
  } catch (error) {
    return failedMessage(error);
  }
}

function failedMessage(error: unknown): ChildMessage {
  const failure =
    error instanceof AgentFailure ? error : fromEngine(error, 'The data could not be worked on');
  const { errorClass, code, message, details } = failure;
  return { kind: 'failed', errorClass, code, message, ...(details ? { details } : {}) };
}

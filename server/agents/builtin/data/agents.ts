import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Assignment, AssignmentContext, BuiltinAgent } from '../../agent.ts';
import { invalidInput } from './engine/failures.ts';
import { findSource } from './ingestion-source.ts';
import type { DataPool } from './pool/pool.ts';
import type { Job, JobInput, JobResult, StoredTable } from './pool/protocol.ts';
import { configSchemas, DATA_CAPABILITIES, type DataCapability } from './schemas.ts';
import { parametersOf, stageConfig } from './stage-config.ts';
import { findTables, type TableSource } from './tables.ts';

const MIB = 1_048_576;

export interface DataAgentDeps {
  pool: DataPool;
  /** Milliseconds since 1970. */
  now(): number;
}

interface InputWriter {
  directory: string;
  context: AssignmentContext;
  maxBytes: number;
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw invalidInput(
    'INPUT_TOO_LARGE',
    `The input has ${Math.ceil(bytes / MIB)} MiB, and data stages take ${Math.floor(maxBytes / MIB)} MiB at most. Split it into parts.`,
  );
}

async function writeInput(
  writer: InputWriter,
  { name, index, source }: { name: string; index: number; source: TableSource },
): Promise<JobInput> {
  const { directory, context, maxBytes } = writer;
  const file = `input-${index}`;
  if (source.kind === 'rows') {
    const lines = source.rows.map((row) => JSON.stringify(row)).join('\n');
    checkSize(lines.length, maxBytes);
    await writeFile(join(directory, file), lines, { mode: 0o600 });
    return { name, file, kind: 'rows', ...(source.columns ? { columns: source.columns } : {}) };
  }
  checkSize(source.ref.bytes, maxBytes);
  const content = await context.objects.get(source.ref);
  checkSize(content.byteLength, maxBytes);
  await writeFile(join(directory, file), content, { mode: 0o600 });
  return { name, file, kind: source.kind };
}

async function writeIngestionInput(writer: InputWriter, input: Json): Promise<JobInput[]> {
  const { source, format } = findSource(input);
  const told = format ? { format } : {};
  if (source.kind !== 'text')
    return [{ ...(await writeInput(writer, { name: 'input', index: 0, source })), ...told }];
  checkSize(source.text.length, writer.maxBytes);
  await writeFile(join(writer.directory, 'input-0'), source.text, { mode: 0o600 });
  return [{ name: 'input', file: 'input-0', kind: 'raw', ...told }];
}

async function writeInputs(
  writer: InputWriter,
  capability: DataCapability,
  input: Json,
): Promise<JobInput[]> {
  if (capability === 'data-ingestion') return writeIngestionInput(writer, input);
  const tables = findTables(input).map((table) => {
    if (table.source.kind !== 'raw') return table;
    throw invalidInput(
      'NO_TABLE',
      `The input ${JSON.stringify(table.name)} is a file, not a table. Put a data-ingestion stage before this one.`,
    );
  });
  const written: JobInput[] = [];
  for (const [index, table] of tables.entries()) {
    written.push(await writeInput(writer, { name: table.name, index, source: table.source }));
  }
  return written;
}

async function tableOutput(
  table: StoredTable,
  directory: string,
  context: AssignmentContext,
): Promise<JsonObject> {
  const { file, preview, rows, columns, rowCount } = table;
  if (file === undefined) return { rows: rows ?? [], columns, rowCount };
  const about = { contentType: 'application/vnd.apache.parquet', name: file };
  const ref = await context.objects.put(await readFile(join(directory, file)), about);
  return { $table: { ...ref }, columns, rowCount, preview: preview ?? [] };
}

async function collect(
  result: JobResult,
  directory: string,
  context: AssignmentContext,
): Promise<JsonObject> {
  const output: JsonObject = { ...result.body };
  if (result.table) {
    const table = await tableOutput(result.table, directory, context);
    if (result.tablePlace === 'field') output.table = table;
    else Object.assign(output, table);
  }
  if (result.artefact) {
    const { file, ...about } = result.artefact;
    output.artefact = { ...(await context.objects.put(await readFile(join(directory, file)), about)) };
  }
  return output;
}

function threadsOf(
  capability: DataCapability,
  config: JsonObject,
  max: number,
): { asked: number; given: number } {
  const asked = capability === 'processing' ? configSchemas.processing.parse(config).parallelWorkers : 1;
  return { asked, given: Math.min(asked, max) };
}

async function handle(
  deps: DataAgentDeps,
  capability: DataCapability,
  work: { assignment: Assignment; context: AssignmentContext },
): Promise<Json> {
  const { assignment, context } = work;
  const { pool, now } = deps;
  const config = stageConfig(capability, assignment.config, parametersOf(assignment));
  const threads = threadsOf(capability, config, pool.options.maxThreads);
  if (threads.asked > threads.given) {
    context.log(
      'info',
      `${threads.asked} parallel workers were asked for; this server gives a stage ${threads.given}.`,
    );
  }
  return pool.run({
    tenant: context.orgId ?? '',
    hooks: {
      signal: context.signal,
      onMessage(message) {
        if (message.kind === 'log') context.log(message.level, message.message, message.fields);
        else context.progress(Math.min(1, Math.max(0, message.fraction)), message.note);
      },
    },
    async prepare(directory): Promise<Job> {
      const writer = { directory, context, maxBytes: pool.options.maxInputMb * MIB };
      const input = assignment.input ?? null;
      const inputs = await writeInputs(writer, capability, input);
      return {
        capability,
        config,
        inputs,
        threads: threads.given,
        inlineBytes: pool.options.inlineBytes,
        nowMs: now(),
      };
    },
    collect: (result, directory) => collect(result, directory, context),
  });
}

/** One agent for each of the six data capabilities; they share the pool's processes. */
export function createDataAgents(deps: DataAgentDeps): BuiltinAgent[] {
  return DATA_CAPABILITIES.map((capability) => ({
    name: `builtin-${capability}`,
    version: '1.0.0',
    capabilities: [capability],
    maxConcurrency: deps.pool.options.size,
    handle: (assignment, context) => handle(deps, capability, { assignment, context }),
  }));
}

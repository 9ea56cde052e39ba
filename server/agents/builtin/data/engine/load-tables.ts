import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobInput } from '../pool/protocol.ts';
import type { Column, Database } from './database.ts';
import { fromEngine, invalidInput, shown } from './failures.ts';
import { chooseMain, type JobContext, MAIN_TABLE } from './job-context.ts';
import { loadJsonRecords } from './load-json.ts';
import { quoteName, quoteText } from './quote.ts';
import { createFromLines } from './read-lines.ts';

const TYPE_PATTERN = /^[A-Za-z][A-Za-z0-9_ ]{0,40}(\(\d{1,2}(,\s?\d{1,2})?\))?$/;

async function loadRows(database: Database, input: JobInput, target: string): Promise<void> {
  const path = join(database.directory, input.file);
  const columns = input.columns;
  if (!columns || columns.length === 0) {
    const bytes = await readFile(path);
    await loadJsonRecords({ database, bytes, lines: true, target, onBadRow: 'fail', types: {} });
    return;
  }
  for (const column of columns) {
    if (!TYPE_PATTERN.test(column.type)) {
      throw invalidInput(
        'BAD_TABLE',
        `Column ${shown(column.name)} has the type ${shown(column.type)}, which is none.`,
      );
    }
  }
  await createFromLines(database, { path, target, columns });
}

export async function loadTable(database: Database, input: JobInput, target: string): Promise<void> {
  try {
    if (input.kind === 'rows') return await loadRows(database, input, target);
    const path = quoteText(join(database.directory, input.file));
    await database.run(`CREATE TABLE ${target} AS SELECT * FROM read_parquet(${path})`);
  } catch (error) {
    throw fromEngine(error, `The table ${shown(input.name)} cannot be read`);
  }
}

/** Loads all inputs; the main one as `input`, the others under their own names. */
export async function loadInputs(context: JobContext, from: string | undefined): Promise<Column[]> {
  const { database } = context;
  const main = chooseMain(context.inputs, from);
  const startedMs = performance.now();
  for (const input of context.inputs) {
    const name = input === main ? MAIN_TABLE : input.name;
    if (input !== main && name.toLowerCase() === MAIN_TABLE) continue;
    await loadTable(database, input, quoteName(name));
    context.tables.push(name);
  }
  const [rows] = await database.row(`SELECT count(*) FROM ${MAIN_TABLE}`);
  context.log('info', `Read ${rows} rows from ${shown(main.name)}.`, {
    rows: Number(rows),
    durationMs: Math.round(performance.now() - startedMs),
  });
  context.progress(0.2, 'read');
  return database.columns(MAIN_TABLE);
}

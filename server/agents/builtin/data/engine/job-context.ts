import type { JsonObject } from '#server/domain/json.ts';
import type { LogLevel } from '../../../agent.ts';
import type { JobInput } from '../pool/protocol.ts';
import type { Database } from './database.ts';
import { invalidInput, listed } from './failures.ts';

/** What an operation works with, inside the child. */
export interface JobContext {
  database: Database;
  inputs: JobInput[];
  /** Tables loaded so far, by the names that people's SQL may use. */
  tables: string[];
  nowMs: number;
  log(level: LogLevel, message: string, fields?: JsonObject): void;
  progress(fraction: number, note?: string): void;
}

export interface OperationResult {
  body: JsonObject;
  /** SQL name of the table that goes on to the next stage. */
  table?: string;
  tablePlace: 'top' | 'field';
  artefact?: { file: string; contentType: string; name: string };
}

/** The main table's name in everyone's SQL. */
export const MAIN_TABLE = 'input';

/** The input that a stage works on: the one named, the only one, or the one called `input`. */
export function chooseMain(inputs: readonly JobInput[], from: string | undefined): JobInput {
  const names = inputs.map((input) => input.name);
  if (inputs.length === 0) {
    throw invalidInput(
      'NO_TABLE',
      'This stage was given no table. Connect it to a stage that hands one on, or give it rows.',
    );
  }
  const wanted = from ?? (inputs.length === 1 ? names[0] : MAIN_TABLE);
  const chosen = inputs.find((input) => input.name === wanted);
  if (chosen) return chosen;
  const advice =
    from === undefined ? 'Set "from" to one of them.' : `There is none called ${JSON.stringify(from)}.`;
  throw invalidInput('WHICH_TABLE', `This stage has the tables ${listed(names)}. ${advice}`);
}

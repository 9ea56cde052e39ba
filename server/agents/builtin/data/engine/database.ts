import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Json } from '#server/domain/json.ts';
import { quoteText } from './quote.ts';

export interface Column {
  name: string;
  type: string;
}

/** One job's own DuckDB: in memory, born locked, gone with the job. */
export interface Database {
  directory: string;
  run(sql: string): Promise<void>;
  /** Rows as JSON values by position; integers of 64 bits and decimals come as text. */
  rows(sql: string): Promise<Json[][]>;
  /** The only row of a query that has one. */
  row(sql: string): Promise<Json[]>;
  columns(table: string): Promise<Column[]>;
  close(): void;
}

export interface DatabaseSettings {
  directory: string;
  memoryMb: number;
  spillMb: number;
  threads: number;
}

/**
 * The lock comes before the first byte of anyone's data: nothing outside the job's own folder can be opened,
 * nothing can be installed or loaded, and no setting can be changed back.
 */
function lockdown(settings: DatabaseSettings): string[] {
  const folder = settings.directory.endsWith('/') ? settings.directory : `${settings.directory}/`;
  return [
    `SET memory_limit = '${settings.memoryMb}MiB'`,
    `SET threads = ${settings.threads}`,
    `SET temp_directory = ${quoteText(join(settings.directory, 'spill'))}`,
    `SET max_temp_directory_size = '${settings.spillMb}MiB'`,
    "SET TimeZone = 'UTC'",
    'SET preserve_insertion_order = true',
    'SET autoinstall_known_extensions = false',
    'SET autoload_known_extensions = false',
    'SET allow_community_extensions = false',
    'SET allow_persistent_secrets = false',
    `SET allowed_directories = [${quoteText(folder)}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ];
}

export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = async (sql: string): Promise<Json[][]> => {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowsJson() as Json[][];
  };
  for (const statement of lockdown(settings)) await connection.run(statement);
  return {
    directory: settings.directory,
    async run(sql) {
      await connection.run(sql);
    },
    rows,
    async row(sql) {
      return (await rows(sql))[0] ?? [];
    },
    async columns(table) {
      const described = await rows(`DESCRIBE SELECT * FROM ${table}`);
      return described.map((line) => ({ name: String(line[0]), type: String(line[1]) }));
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

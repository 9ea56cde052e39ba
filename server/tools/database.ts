import { SignalboxError } from '#server/domain/errors.ts';
import { findEmbeddedUrl } from '#server/platform/embedded-postgres.ts';
import { readEnv } from '#server/platform/env.ts';

/** The database of this installation, for tools that look at it. */
export function findDatabase(): string {
  const { databaseUrl, dataDir } = readEnv(process.env, process.cwd());
  const url = databaseUrl ?? findEmbeddedUrl(dataDir);
  if (url !== null) return url;
  throw new SignalboxError(
    'UNAVAILABLE',
    `DATABASE_URL is not set, and the embedded database in ${dataDir} does not run.`,
    { advice: 'Set DATABASE_URL, or start Signalbox and ask again while it runs.' },
  );
}

/** What a person reads when a tool cannot do its work. */
export function explain(error: unknown): string {
  if (error instanceof SignalboxError) return `${error.message}\n${error.advice ?? ''}`.trim();
  const { code } = error as { code?: string };
  if (code === '42P01') return 'The database has no tables of Signalbox: start Signalbox on it once.';
  return `The database could not be read: ${error instanceof Error ? error.message || code : String(error)}`;
}

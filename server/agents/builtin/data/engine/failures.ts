import type { JsonObject } from '#server/domain/json.ts';
import { AgentFailure } from '../../../agent.ts';

/** The fault lies in what the stage was given or how it is set up: trying again cannot help. */
export function invalidInput(code: string, message: string, details?: JsonObject): AgentFailure {
  return new AgentFailure('invalid-input', code, message, details);
}

const MAX_SHOWN_CHARS = 80;

/** Text of a stranger inside an error: one line, short, control characters made visible. */
export function shown(text: string): string {
  const cut = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  return JSON.stringify(cut);
}

const MAX_LISTED = 20;

export function listed(names: readonly string[]): string {
  const first = names.slice(0, MAX_LISTED).join(', ');
  return names.length > MAX_LISTED ? `${first} and ${names.length - MAX_LISTED} more` : first;
}

const SCRATCH_PATH = /\/[^\s'"]*\/signalbox-data-[^/\s'"]*\/[^/\s'"]*\//g;

/** DuckDB's own words for what a query did wrong, as the failure that people see. */
export function fromEngine(error: unknown, doing: string): AgentFailure {
  if (error instanceof AgentFailure) return error;
  // Where our scratch folder lies is nobody's business.
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(SCRATCH_PATH, '');
  const message = `${doing}: ${text.slice(0, 1_000)}`;
  if (/^Out of Memory Error/.test(text)) {
    return new AgentFailure(
      'agent',
      'MEMORY_LIMIT',
      `${message} Reduce the data (filter, limit, fewer columns) or give the data agents more memory.`,
    );
  }
  if (/^(Permission Error|Invalid Input Error: Cannot change configuration)/.test(text)) {
    return invalidInput('NOT_ALLOWED', message);
  }
  if (/^(INTERNAL|FATAL|IO) Error/i.test(text)) return new AgentFailure('agent', 'ENGINE_ERROR', message);
  return invalidInput('QUERY_FAILED', message);
}

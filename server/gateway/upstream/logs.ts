import type { Client } from '@modelcontextprotocol/client';
import type { Json } from '#server/domain/json.ts';
import { LOG_LEVELS, type LogEar, type LogLevel, type LogLine } from '#server/domain/mcp.ts';

/** What a server logs while it works on calls. */
export interface Logs {
  /** Has a server of the old generation log this much, for as long as the session lasts. One of the new is told with each call. */
  want(level: LogLevel | undefined): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Of one call. */
const MAX_LINES = 1000;
const MAX_LINE = 16_384;
const MAX_LOGGER = 100;

export function createLogs(client: Client, tell: (line: LogLine) => void): Logs {
  const canBeTold = () =>
    client.getProtocolEra() !== 'modern' && client.getServerCapabilities()?.logging !== undefined;
  let told: LogLevel | undefined;
  client.setNotificationHandler('notifications/message', ({ params: { level, data, logger } }) =>
    tell({ level, data: data as Json, ...(logger === undefined ? {} : { logger }) }),
  );
  return {
    async want(level) {
      if (level === undefined || !canBeTold()) return;
      // Whoever wants less hears less: what is passed on is measured for each.
      if (told !== undefined && LOG_LEVELS.indexOf(told) <= LOG_LEVELS.indexOf(level)) return;
      told = level;
      await client.setLoggingLevel(level, { timeout: TIMEOUT_MS }).catch(() => undefined);
    },
  };
}

/** Lines as they are passed on: with their sender, without our own credentials, not too long and not too many. */
export function createLogFilter(
  { level, tell }: LogEar,
  { slug, hide }: { slug: string; hide(text: string): string },
): LogEar {
  let lines = 0;
  return {
    level,
    tell(line) {
      const text = hide(JSON.stringify(line.data) ?? 'null');
      lines += 1;
      if (lines > MAX_LINES || text.length > MAX_LINE) return;
      const logger = [slug, ...(line.logger === undefined ? [] : [hide(line.logger)])].join('/');
      tell({ level: line.level, data: JSON.parse(text), logger: logger.slice(0, MAX_LOGGER) });
    },
  };
}

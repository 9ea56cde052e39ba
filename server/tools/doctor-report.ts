import { parseArgs } from 'node:util';
import type { AuditReport, Finding } from '#server/auditor/audit.ts';
import { RULES, type Rule } from '#server/auditor/rules.ts';
import { SignalboxError } from '#server/domain/errors.ts';

/** What the doctor was asked, and how it says what it found. Pure; doctor.ts does the looking. */
export interface DoctorRequest {
  json: boolean;
  help: boolean;
  /** Only runs born within this time; undefined: all. */
  sinceMs: number | undefined;
}

export const USAGE = `npm run doctor -- [--since 24h] [--json]

Reads the database and checks that what it says can be true, and that the object store has what the youngest runs
refer to. Changes nothing.
  --since 24h   only runs born within this time (s, m, h, d)
  --json        one JSON object instead of sentences
Exit code: 0 nothing found, 1 something found, 2 it could not look.`;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseSpan(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) {
    throw new SignalboxError('INVALID', `--since ${text} is no span of time.`, {
      advice: 'Write a number and a unit, such as 90m, 24h or 7d.',
    });
  }
  return Number(count) * unitMs;
}

export function parseRequest(args: readonly string[]): DoctorRequest {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, since: { type: 'string' }, help: { type: 'boolean' } },
    });
    return {
      json: values.json === true,
      help: values.help === true,
      sinceMs: values.since === undefined ? undefined : parseSpan(values.since),
    };
  } catch (error) {
    if (error instanceof SignalboxError) throw error;
    throw new SignalboxError('INVALID', (error as Error).message, { advice: USAGE });
  }
}

const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

function describeFinding({ rule, runId, message }: Finding): string {
  return `✖ ${rule} ${runId === null ? '' : `${runId}: `}${message}`;
}

function describeObjects({ objects }: AuditReport): string {
  if (!objects || (objects.looked === 0 && objects.trouble === null)) return '';
  const looked = ` Looked for ${plural(objects.looked, 'object')} that the youngest runs refer to.`;
  return objects.trouble === null
    ? looked
    : `${looked} Then the object store did not answer: ${objects.trouble}`;
}

/** Sentences: each finding, then how many break which rule, then what was looked at. */
export function describeReport(report: AuditReport, request: DoctorRequest, place: string): string {
  const { findings } = report;
  const span = request.sinceMs === undefined ? '' : `, born in the last ${request.sinceMs / 60_000} minutes`;
  const looked = `${plural(report.runs, 'run')} with ${plural(report.events, 'event')} in ${place}${span}.${describeObjects(report)}`;
  if (findings.length === 0) return `Nothing found. Looked at ${looked}`;
  const byRule = Map.groupBy(findings, (finding) => finding.rule);
  const rules = (Object.keys(RULES) as Rule[])
    .filter((rule) => byRule.has(rule))
    .map((rule) => `  ${rule} (${byRule.get(rule)?.length}): ${RULES[rule]}`);
  const runs = new Set(findings.flatMap(({ runId }) => runId ?? [])).size;
  return [
    ...findings.map(describeFinding),
    '',
    `${plural(findings.length, 'finding')} in ${plural(runs, 'run')}. What does not hold:`,
    ...rules,
    `Looked at ${looked}`,
  ].join('\n');
}

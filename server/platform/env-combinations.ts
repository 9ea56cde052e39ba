import type { Parsed } from './env-settings.ts';
import { ROLES } from './env-values.ts';

export interface EnvProblem {
  readonly name: string;
  readonly problem: string;
  readonly advice: string;
}

/** Settings that are fine alone and cannot work together. A value that failed to parse is left to its own message. */
export function checkEnvCombinations(values: Partial<Parsed>): EnvProblem[] {
  return [...checkRoles(values), ...checkObjectStore(values), ...checkMail(values)];
}

const S3_REQUIRED = [
  'SIGNALBOX_S3_ENDPOINT',
  'SIGNALBOX_S3_ACCESS_KEY_ID',
  'SIGNALBOX_S3_SECRET_ACCESS_KEY',
] as const;

function checkRoles(values: Partial<Parsed>): EnvProblem[] {
  const roles = values.SIGNALBOX_ROLES;
  if (roles === undefined || roles.length === ROLES.length) return [];
  const problems: EnvProblem[] = [];
  const refuse = (problem: string, advice: string) =>
    problems.push({ name: 'SIGNALBOX_ROLES', problem, advice });
  if (values.DATABASE_URL === undefined) {
    refuse(
      `is ${roles.join(',')}, so other processes do the rest, but the embedded database serves one process only`,
      'set DATABASE_URL to a Postgres that they share, or leave SIGNALBOX_ROLES unset',
    );
  }
  // Without a broker, tasks travel within the process: the engine and its built-in agents must live together.
  if (values.RABBITMQ_URL === undefined && roles.includes('agents') && !roles.includes('coordinator')) {
    refuse(
      'has agents without the coordinator, and without RabbitMQ no task can reach them',
      'set RABBITMQ_URL, or add coordinator',
    );
  }
  return problems;
}

function checkObjectStore(values: Partial<Parsed>): EnvProblem[] {
  if (values.SIGNALBOX_OBJECT_STORE?.kind !== 's3') return [];
  return S3_REQUIRED.filter((name) => values[name] === undefined).map((name) => ({
    name,
    problem: 'is missing, and SIGNALBOX_OBJECT_STORE names a bucket',
    advice: 'set it, or use a folder as the object store',
  }));
}

function checkMail(values: Partial<Parsed>): EnvProblem[] {
  if (values.SIGNALBOX_SMTP_URL === undefined || values.SIGNALBOX_MAIL_FROM !== undefined) return [];
  return [
    {
      name: 'SIGNALBOX_MAIL_FROM',
      problem: 'is missing, and SIGNALBOX_SMTP_URL names a mail server',
      advice: 'set it to the address that mails come from',
    },
  ];
}

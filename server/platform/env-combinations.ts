import type { Parsed } from './env-settings.ts';
import { ROLES } from './env-values.ts';

export interface EnvProblem {
  readonly name: string;
  readonly problem: string;
  readonly advice: string;
}

/** Settings that are fine alone and cannot work together. A value that failed to parse is left to its own message. */
export function checkEnvCombinations(values: Partial<Parsed>): EnvProblem[] {
  return [
    ...checkRoles(values),
    ...checkPayloadLimits(values),
    ...checkObjectStore(values),
    ...checkMail(values),
  ];
}

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

function checkPayloadLimits(values: Partial<Parsed>): EnvProblem[] {
  const inline = values.SIGNALBOX_PAYLOAD_INLINE_MAX;
  const max = values.SIGNALBOX_PAYLOAD_MAX;
  if (inline === undefined || max === undefined || inline <= max) return [];
  return [
    {
      name: 'SIGNALBOX_PAYLOAD_INLINE_MAX',
      problem: 'is larger than SIGNALBOX_PAYLOAD_MAX, so it would have no effect',
      advice: 'lower it, or raise SIGNALBOX_PAYLOAD_MAX',
    },
  ];
}

const S3_REQUIRED = [
  'SIGNALBOX_S3_ENDPOINT',
  'SIGNALBOX_S3_ACCESS_KEY_ID',
  'SIGNALBOX_S3_SECRET_ACCESS_KEY',
] as const;

function checkObjectStore(values: Partial<Parsed>): EnvProblem[] {
  const isS3 = values.SIGNALBOX_OBJECT_STORE?.kind === 's3';
  if (isS3) {
    return S3_REQUIRED.filter((name) => values[name] === undefined).map((name) => ({
      name,
      problem: 'is missing, and SIGNALBOX_OBJECT_STORE names a bucket',
      advice: 'set it, or use a folder as the object store',
    }));
  }
  return [...S3_REQUIRED, 'SIGNALBOX_S3_REGION' as const]
    .filter((name) => values[name] !== undefined)
    .map((name) => ({
      name,
      problem: 'has no effect, because SIGNALBOX_OBJECT_STORE names no bucket',
      advice: 'unset it, or set SIGNALBOX_OBJECT_STORE to s3://bucket',
    }));
}

function checkMail(values: Partial<Parsed>): EnvProblem[] {
  const { SIGNALBOX_SMTP_URL: server, SIGNALBOX_MAIL_FROM: from } = values;
  if ((server === undefined) === (from === undefined)) return [];
  return server === undefined
    ? [
        {
          name: 'SIGNALBOX_MAIL_FROM',
          problem: 'has no effect, because SIGNALBOX_SMTP_URL names no mail server',
          advice: 'unset it, or set SIGNALBOX_SMTP_URL',
        },
      ]
    : [
        {
          name: 'SIGNALBOX_MAIL_FROM',
          problem: 'is missing, and SIGNALBOX_SMTP_URL names a mail server',
          advice: 'set it to the address that mails come from',
        },
      ];
}

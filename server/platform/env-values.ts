import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isCidr } from './address-policy.ts';
import { CONDITIONS, type ConditionLimits } from './conditions.ts';

/** Zod schemas for values that arrive as text. Each message says what is expected, never what was given. */

export const ROLES = ['web', 'coordinator', 'agents'] as const;
export type Role = (typeof ROLES)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

const FLAGS: Record<string, boolean> = { true: true, '1': true, yes: true, on: true };
const NO_FLAGS: Record<string, boolean> = { false: true, '0': true, no: true, off: true };

export const flag = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine((value) => value in FLAGS || value in NO_FLAGS, 'must be true or false')
  .transform((value) => value in FLAGS);

/** Bytes as a number with an optional unit: `65536`, `64KiB`, `16MiB`. */
export function byteSize(minBytes: number, maxBytes: number) {
  const message = `must be a size such as 65536, 64KiB or 16MiB, from ${minBytes} to ${maxBytes} bytes`;
  const bytesPerUnit: Record<string, number> = { '': 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };
  return z
    .string()
    .regex(/^\d+(kib|mib|gib)?$/i, message)
    .transform(
      (text) => Number.parseInt(text, 10) * (bytesPerUnit[text.replace(/^\d+/, '').toLowerCase()] ?? 1),
    )
    .refine((bytes) => bytes >= minBytes && bytes <= maxBytes, message);
}

const LIMITS_MESSAGE = `must be names with numbers, such as mcp_error_rate=5, by comma; the names are ${Object.keys(CONDITIONS).join(', ')}`;

/** Limits of the health's conditions, by name; those that are left out stay as they are. */
export const conditionLimits = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim().split('=')))
  .refine(
    (pairs) =>
      pairs.every(
        ([name = '', value = '', ...more]) =>
          Object.hasOwn(CONDITIONS, name) && /^\d+(\.\d+)?$/.test(value) && more.length === 0,
      ),
    LIMITS_MESSAGE,
  )
  .transform(
    (pairs) =>
      Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])) as Partial<ConditionLimits>,
  );

export function urlWithScheme(schemes: readonly string[]) {
  const message = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')} and names a host`;
  return z.string().refine((text) => {
    const url = URL.parse(text);
    return url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
  }, message);
}

/** Sentinel and Cluster name several hosts, which a URL parser refuses: the port reads the rest. */
export const redisUrl = z
  .string()
  .regex(
    /^rediss?(\+(sentinel|cluster))?:\/\/[^/?\s]+/,
    'must be a URL that starts with redis://, redis+sentinel:// or redis+cluster:// (rediss for TLS) and names a host',
  );

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export const listenHost = z
  .string()
  .refine(
    (host) => isIP(host) !== 0 || host === 'localhost',
    'must be an address of this machine (127.0.0.1, ::1, 0.0.0.0 for all) or localhost',
  );

/** An origin: no path, no query, no user. */
export const originUrl = z
  .string()
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
  }, 'must be where people find the server, such as https://signalbox.example.org, without a path')
  .transform((text) => new URL(text).origin);

export const roleList = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((role) => role.trim().toLowerCase()))])
  .pipe(z.array(z.enum(ROLES, { error: `must be a comma list of ${ROLES.join(', ')}` })).min(1));

export const logLevel = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(LOG_LEVELS, { error: 'must be DEBUG, INFO, WARN or ERROR' }));

/** A folder for the embedded store, or a bucket for an S3-compatible one. */
export type ObjectStoreTarget =
  | { kind: 'folder'; path: string }
  | { kind: 's3'; bucket: string; prefix: string };

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

export const objectStoreTarget = z
  .string()
  .refine(
    (text) => S3_URL.test(text) || !text.includes('://'),
    'must be a folder, or a bucket as s3://bucket or s3://bucket/prefix',
  )
  .transform((text): ObjectStoreTarget => {
    const [, bucket, prefix] = S3_URL.exec(text) ?? [];
    return bucket === undefined
      ? { kind: 'folder', path: text }
      : { kind: 's3', bucket, prefix: prefix ?? '' };
  });

/** Networks by comma: `10.1.0.0/16,fd00::/8,192.168.1.7`. */
export const networkList = z
  .string()
  .transform((text) => text.split(',').map((network) => network.trim()))
  .refine(
    (networks) => networks.every(isCidr),
    'must be networks by comma, such as 10.1.0.0/16,fd00::/8,192.168.1.7',
  );

/** `name@host`, or `Name <name@host>`. */
export const mailAddress = z
  .string()
  .regex(
    /^([^<>"\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
    'must be an address: name@host or Name <name@host>',
  );

/** Programs by comma: `memory=/usr/bin/node /srv/mcp/memory.js`. The first word is an absolute path. */
export const programList = z
  .string()
  .transform((text) =>
    text.split(',').flatMap((part) => {
      const [, name = '', command = ''] = /^\s*([a-z][a-z0-9-]{0,31})=(.+?)\s*$/.exec(part) ?? [];
      const [path = '', ...args] = command.split(/\s+/);
      return [{ name, command: path, args }];
    }),
  )
  .refine(
    (programs) => programs.every(({ name, command }) => name !== '' && isAbsolute(command)),
    'must be programs by comma, each as name=/absolute/path with what always follows it',
  )
  .refine(
    (programs) => new Set(programs.map(({ name }) => name)).size === programs.length,
    'must give each program a name of its own',
  );

export const systemUser = z
  .string()
  .regex(
    /^(\d{1,10}[:-]\d{1,10}|[A-Za-z_][A-Za-z0-9_.-]{0,31})$/,
    'must be the name of a user, numbers as uid:gid, or a range of numbers as 700000-709999',
  );

/** Names of variables by comma. */
export const nameList = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine(
    (names) => names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)),
    'must be names of variables by comma',
  );

export const nonEmpty = z.string();

const SECRET_KEY_BYTES = 32;

/** `id:base64` for each, the current one first. */
export const secretKeyList = z
  .string()
  .transform((text, context) =>
    text.split(',').map((part) => {
      const [, id = '', base64 = ''] = /^\s*([\w-]{1,32}):([\w+/-]+={0,2})\s*$/.exec(part) ?? [];
      const bytes = Buffer.from(base64, 'base64');
      if (bytes.length !== SECRET_KEY_BYTES) {
        context.addIssue(`must be keys written as id:base64, each of ${SECRET_KEY_BYTES} bytes`);
      }
      return { id, bytes };
    }),
  )
  .refine(
    (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
    'must give each key an id of its own',
  );

import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import { SignalboxError } from '#server/domain/errors.ts';

export type RedisClient = Redis | Cluster;

export interface ParsedRedisUrl {
  mode: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  nodes: { host: string; port: number }[];
  username: string | undefined;
  password: string | undefined;
  /** Sentinel only: the name of the master group. */
  group: string | undefined;
  db: number;
}

const DEFAULT_PORT = { single: 6379, sentinel: 26379, cluster: 6379 } as const;

/**
 * redis://[user:password@]host[:port][/db]            one server; rediss:// with TLS
 * redis+sentinel://[user:password@]host[,host]/group[/db]   Sentinel; the credentials are the master's
 * redis+cluster://[user:password@]host[,host]         Cluster; any of its nodes
 * rediss+sentinel:// and rediss+cluster:// are the same with TLS.
 */
export function parseRedisUrl(url: string): ParsedRedisUrl {
  const match = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?$/.exec(url);
  if (!match) throw badUrl('It has another form.');
  const [, secure, special, credentials, hosts = '', path = ''] = match;
  const mode = special === 'sentinel' || special === 'cluster' ? special : 'single';
  const parts = path.split('/').filter((part) => part !== '');
  const group = mode === 'sentinel' ? parts.shift() : undefined;
  if (mode === 'sentinel' && !group) throw badUrl('Sentinel needs the name of the master group as its path.');
  const db = Number(parts.shift() ?? 0);
  if (!Number.isInteger(db) || db < 0 || parts.length > 0) throw badUrl('The database must be a number.');
  if (mode === 'cluster' && db !== 0) throw badUrl('A cluster has database 0 only.');
  const nodes = hosts.split(',').map((host) => parseNode(host, DEFAULT_PORT[mode]));
  if (mode === 'single' && nodes.length > 1)
    throw badUrl('Several hosts need redis+sentinel:// or redis+cluster://.');
  const [user, ...password] = (credentials ?? '').split(':');
  return {
    mode,
    tls: secure === 's',
    nodes,
    username: user ? decodeURIComponent(user) : undefined,
    password: password.length > 0 ? decodeURIComponent(password.join(':')) : undefined,
    group: group === undefined ? undefined : decodeURIComponent(group),
    db,
  };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text.trim());
  if (!match?.[1]) throw badUrl(`"${text}" is no host with an optional port.`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port: Number(match[2] ?? defaultPort) };
}

function badUrl(why: string): SignalboxError {
  return new SignalboxError('INVALID', `REDIS_URL cannot be understood. ${why}`, {
    advice:
      'Write redis://user:password@host:6379/0, rediss://, redis+sentinel://a,b,c/group or redis+cluster://a,b.',
  });
}

export interface ClientOptions {
  /** PEM of the authority that signed the server's certificate, when it is a private one. */
  tlsCa?: string;
  name: string;
  commandTimeoutMs: number;
  connectTimeoutMs: number;
}

/** Never queues what cannot be sent now: a caller learns at once that Redis is away, and no memory grows. */
export function makeClient(url: ParsedRedisUrl, options: ClientOptions): RedisClient {
  const { name, commandTimeoutMs, connectTimeoutMs, tlsCa } = options;
  const tlsOptions = tlsCa === undefined ? {} : { ca: tlsCa };
  const tls = url.tls ? { tls: tlsOptions } : {};
  const common: CommonRedisOptions = {
    connectionName: name,
    username: url.username,
    password: url.password,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // We keep our own list of subscriptions, also of those asked for while Redis was away.
    autoResubscribe: false,
    enableAutoPipelining: true,
    commandTimeout: commandTimeoutMs,
    // A server that hangs with our commands unanswered loses the connection; idle ones are left alone.
    socketTimeout: commandTimeoutMs * 2,
    connectTimeout: connectTimeoutMs,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), 3_000) * (0.8 + 0.4 * Math.random()),
    // After a failover the old master says so: connect anew, which finds the new one.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  };
  const [first] = url.nodes;
  if (url.mode === 'cluster') {
    const { retryStrategy, lazyConnect, enableOfflineQueue, enableAutoPipelining, ...node } = common;
    return new Cluster(url.nodes, {
      lazyConnect: lazyConnect ?? true,
      enableOfflineQueue: enableOfflineQueue ?? false,
      enableAutoPipelining: enableAutoPipelining ?? true,
      clusterRetryStrategy: (times) => retryStrategy?.(times) ?? null,
      redisOptions: { ...node, ...tls },
    });
  }
  if (url.mode === 'sentinel') {
    return new Redis({
      ...common,
      ...tls,
      sentinels: url.nodes,
      name: url.group,
      db: url.db,
      enableTLSForSentinelMode: url.tls,
      ...(url.tls ? { sentinelTLS: tlsOptions } : {}),
      // A failover is noticed by the sentinels' word as well as by lost connections.
      failoverDetector: true,
    });
  }
  return new Redis({ ...common, ...tls, host: first?.host, port: first?.port, db: url.db });
}

import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './connect.ts';

describe('parseRedisUrl', () => {
  it('reads one server with credentials and database', () => {
    expect(parseRedisUrl('redis://me:p%40ss:word@cache.local:6380/3')).toEqual({
      mode: 'single',
      tls: false,
      nodes: [{ host: 'cache.local', port: 6380 }],
      username: 'me',
      password: 'p@ss:word',
      group: undefined,
      db: 3,
    });
    expect(parseRedisUrl('rediss://:secret@[::1]')).toMatchObject({
      tls: true,
      nodes: [{ host: '::1', port: 6379 }],
      username: undefined,
      password: 'secret',
      db: 0,
    });
  });

  it('reads the sentinels and the name of their group', () => {
    expect(parseRedisUrl('redis+sentinel://:pw@s1,s2:26380/mymaster/1')).toMatchObject({
      mode: 'sentinel',
      nodes: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
      ],
      group: 'mymaster',
      db: 1,
    });
  });

  it('reads the nodes of a cluster with TLS', () => {
    expect(parseRedisUrl('rediss+cluster://a,b:7001')).toMatchObject({
      mode: 'cluster',
      tls: true,
      nodes: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 7001 },
      ],
    });
  });

  it.each([
    'http://localhost',
    'redis://',
    'redis://a,b',
    'redis://host:port',
    'redis://host/zero',
    'redis+sentinel://host',
    'redis+cluster://host/1',
  ])('refuses %s with advice', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: 'INVALID', advice: expect.anything() }),
    );
  });
});

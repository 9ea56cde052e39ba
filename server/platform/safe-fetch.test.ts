import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSafeFetch, type SafeFetch, type SafeFetchOptions, type SafeRequest } from './safe-fetch.ts';

const servers: Server[] = [];
const fetchers: SafeFetch[] = [];

afterEach(async () => {
  for (const fetch of fetchers.splice(0)) fetch.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<{ port: number; hits: () => number }> {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, hits: () => hits };
}

function makeFetch(options: Partial<SafeFetchOptions> = {}): SafeFetch {
  const fetch = createSafeFetch({ allow: [], ...options });
  fetchers.push(fetch);
  return fetch;
}

const get = (url: string, more: Partial<SafeRequest> = {}): SafeRequest => ({
  url,
  timeoutMs: 5000,
  maxBytes: 10_000,
  ...more,
});

/** A name that leads to a public address which nobody can reach from a test. */
const neverAsked = (): Promise<string[]> => Promise.reject(new Error('this name must not be resolved'));

/** Every way to write an address of the inside that a parser was ever fooled by. */
const HOSTILE = [
  ['127.1', 'a short form'],
  ['2130706433', 'one decimal number'],
  ['0x7f000001', 'one hexadecimal number'],
  ['0x7f.1', 'hexadecimal parts'],
  ['0177.0.0.1', 'octal parts'],
  ['017700000001', 'one octal number'],
  ['127.0.0.1.', 'a dot at the end'],
  ['①②⑦.⓪.⓪.①', 'circled digits'],
  ['127。0。0。1', 'ideographic full stops'],
  ['127.0.0.1%2e', 'an escaped dot'],
  ['0.0.0.0', 'any address'],
  ['10.0.0.1', 'a private network'],
  ['100.64.0.1', 'a carrier network'],
  ['100.100.100.200', 'a metadata service in a carrier network'],
  ['169.254.169.254', 'the metadata service'],
  ['172.16.0.1', 'a private network'],
  ['192.168.1.1', 'a private network'],
  ['192.0.0.1', 'a protocol network'],
  ['198.18.0.1', 'a test network'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['[::]', 'any address in IPv6'],
  ['[::1]', 'loopback in IPv6'],
  ['[::ffff:127.0.0.1]', 'a mapped IPv4 address'],
  ['[::ffff:7f00:1]', 'a mapped IPv4 address in hexadecimal'],
  ['[::127.0.0.1]', 'a compatible IPv4 address'],
  ['[::ffff:0:7f00:1]', 'a translated IPv4 address'],
  ['[64:ff9b::a9fe:a9fe]', 'NAT64 to the metadata service'],
  ['[64:ff9b:1::a9fe:a9fe]', 'local NAT64'],
  ['[2002:7f00:1::]', '6to4 to loopback'],
  ['[2001:0:4136:e378:8000:63bf:3fff:fdd2]', 'Teredo'],
  ['[fd00:ec2::254]', 'the metadata service in IPv6'],
  ['[fe80::1]', 'link-local'],
  ['[fc00::1]', 'unique local'],
  ['[ff02::1]', 'multicast in IPv6'],
  ['192.0.2.1', 'documentation'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.254', 'documentation'],
  ['192.88.99.1', 'a relay of 6to4'],
  ['[2001:db8::1]', 'documentation'],
  ['[3fff::1]', 'documentation'],
  ['[3fff:fff:ffff::1]', 'documentation'],
] as const;

describe('safe fetch: where it does not go', () => {
  it.each(HOSTILE)('refuses %s (%s) without a packet', async (host) => {
    const fetch = makeFetch({ resolve: neverAsked });
    await expect(fetch(get(`https://${host}/`))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['file:///etc/passwd'],
    ['gopher://example.com/'],
    ['ftp://example.com/'],
    ['data:text/plain,hi'],
    ['blob:https://example.com/x'],
    ['unix:/var/run/docker.sock'],
    ['https://user@example.com/'],
    ['https://user:secret@example.com/'],
    ['https://a@127.0.0.1/'],
    ['https://127.0.0.1\\@example.com/'],
    ['https://1.1.1.1 &@127.0.0.1#@3.3.3.3/'],
    ['http:127.0.0.1'],
    ['http:/127.0.0.1'],
    ['http:\\\\127.0.0.1'],
    ['\thttps://127.0.0.1'],
    ['ht\ntp://127.0.0.1'],
    ['https://exa%00mple.com/'],
    ['https://'],
    ['not a url'],
    ['https://example.com:22/'],
    ['https://example.com:25/'],
    ['https://example.com:2375/'],
    ['https://example.com:5432/'],
    ['https://example.com:5672/'],
    ['https://example.com:6379/'],
    ['https://example.com:9200/'],
    ['https://example.com:15672/'],
    ['https://example.com:81/'],
  ])('refuses %j', async (url) => {
    const fetch = makeFetch({ resolve: neverAsked });
    await expect(fetch(get(url))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['a private address', ['10.0.0.8']],
    ['one private address among public ones', ['93.184.216.34', '10.0.0.8']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['only an inner IPv6 address', ['fd00::1']],
    ['nothing', []],
    ['no address at all', ['not-an-address']],
  ])('refuses a name that resolves to %s', async (_what, addresses) => {
    const fetch = makeFetch({ resolve: async () => addresses });
    await expect(fetch(get('https://agent.example.com/'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    ['localhost'],
    ['localhost.'],
    ['x.localhost'],
    ['metadata.google.internal'],
    ['postgres'],
    ['printer.local'],
  ])('refuses the inner name %s even if it claims a public address', async (host) => {
    const fetch = makeFetch({ resolve: async () => ['93.184.216.34'] });
    await expect(fetch(get(`https://${host}/`))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('says the same whatever was wrong, so that its answers map nothing', async () => {
    const fetch = makeFetch({ resolve: async () => ['10.0.0.8'] });
    const texts = await Promise.all(
      ['https://10.0.0.1/', 'http://agent.example.com/', 'ftp://example.com/', 'http://localhost:22/'].map(
        (url) => fetch(get(url)).catch((error: Error) => error.message),
      ),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('takes the host that a browser would take', async () => {
    const asked: string[] = [];
    const resolve = async (host: string): Promise<string[]> => {
      asked.push(host);
      return ['10.0.0.8'];
    };
    await makeFetch({ resolve })(get('https://example.com\\@127.0.0.1/')).catch(() => undefined);
    expect(asked).toEqual(['example.com']);
  });
});

describe('safe fetch: what the administrator allows', () => {
  it('reaches an allowed network, by address and by inner name', async () => {
    const { port } = await serve((_request, response) => response.end('hello'));
    const fetch = makeFetch({ allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.1'] });
    expect(await fetch(get(`http://127.0.0.1:${port}/`))).toMatchObject({ status: 200, body: 'hello' });
    expect(await fetch(get(`http://agent:${port}/`))).toMatchObject({ status: 200 });
  });

  it('reaches nothing else because of it', async () => {
    const fetch = makeFetch({ allow: ['127.0.0.0/8'], resolve: neverAsked });
    await expect(fetch(get('http://10.0.0.1/'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(fetch(get('http://[::1]/'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('connects to the address that was checked: a name that changes its mind leads nowhere else', async () => {
    const { port, hits } = await serve((_request, response) => response.end('inside'));
    const answers = [['127.0.0.1'], ['10.0.0.8']];
    const fetch = makeFetch({ allow: ['127.0.0.0/8'], resolve: async () => answers.shift() ?? ['10.0.0.8'] });
    expect(await fetch(get(`http://agent.example.com:${port}/`))).toMatchObject({ body: 'inside' });
    await expect(fetch(get(`http://agent.example.com:${port}/`))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(hits()).toBe(1);
  });

  it('keeps the name in the Host header', async () => {
    const { port } = await serve((request, response) => response.end(request.headers.host));
    const fetch = makeFetch({ allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.1'] });
    expect((await fetch(get(`http://agent.example.com:${port}/`))).body).toBe(`agent.example.com:${port}`);
  });
});

describe('safe fetch: what it takes', () => {
  const allow = ['127.0.0.0/8'];

  it('sends body and headers', async () => {
    const { port } = await serve((request, response) => {
      request.setEncoding('utf8');
      request.on('data', (text) =>
        response.end(`${request.method} ${request.headers['idempotency-key']} ${text}`),
      );
    });
    const request = get(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k1' },
      body: 'hé',
    });
    expect((await makeFetch({ allow })(request)).body).toBe('POST k1 hé');
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect by %i', async (status) => {
    const target = await serve((_request, response) => response.end('secret'));
    const { port } = await serve((_request, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end();
    });
    expect(await makeFetch({ allow })(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      status,
      body: '',
    });
    expect(target.hits()).toBe(0);
  });

  it('gives up an answer that is too large, also when its length was not announced', async () => {
    const { port } = await serve((_request, response) => {
      response.write('x'.repeat(8000));
      response.end('x'.repeat(8000));
    });
    await expect(makeFetch({ allow })(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('gives up an answer that is packed although that was not asked for', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('whatever');
    });
    await expect(makeFetch({ allow })(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it.each([
    ['never answers', () => undefined],
    ['begins to answer and stops', (_request, response) => response.write('a')],
  ] satisfies [string, RequestListener][])('gives up a server that %s', async (_what, listener) => {
    const { port } = await serve(listener);
    const request = get(`http://127.0.0.1:${port}/`, { timeoutMs: 100 });
    await expect(makeFetch({ allow })(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('says why a server cannot be reached, and what to do', async () => {
    const { port } = await serve((_request, response) => response.end());
    const [server] = servers.splice(-1);
    await new Promise((resolve) => server?.close(resolve));
    const problem = await makeFetch({ allow })(get(`http://127.0.0.1:${port}/`)).catch((error) => error);
    expect(problem).toMatchObject({
      message: 'The request failed: nothing listens at that address and port.',
      advice: expect.stringContaining('port'),
      details: { reached: false },
    });
    const lost = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const unknown = makeFetch({ resolve: () => Promise.reject(lost) })(get('http://nowhere.example.com/'));
    await expect(unknown).rejects.toMatchObject({
      message: 'The request failed: no address is known for that name.',
      advice: expect.stringContaining('typing error'),
    });
  });

  it('reads an answer piece by piece as it comes, and cuts it when nobody reads on', async () => {
    const cut = Promise.withResolvers<void>();
    const { port } = await serve((_request, response) => {
      response.on('close', () => cut.resolve());
      response.write('first');
    });
    const { status, body, close } = await makeFetch({ allow }).open(get(`http://127.0.0.1:${port}/`));
    const { value } = await body[Symbol.asyncIterator]().next();
    expect([status, Buffer.from(value ?? []).toString()]).toEqual([200, 'first']);
    close();
    await cut.promise;
  });

  it('leaves a line that has served one caller to the next, whatever becomes of the first', async () => {
    let lines: unknown[] = [];
    const { port } = await serve((request, response) => {
      lines.push(request.socket);
      response.end('well');
    });
    const fetch = makeFetch({ allow });
    // Until both went over one line: it is free a moment after its answer was read.
    do {
      lines = [];
      const first = new AbortController();
      const answer = await fetch.open(get(`http://127.0.0.1:${port}/`, { signal: first.signal }));
      expect(await answer.text()).toBe('well');
      await new Promise((resolve) => setImmediate(resolve));
      const next = fetch(get(`http://127.0.0.1:${port}/`));
      first.abort();
      expect(await next).toMatchObject({ status: 200, body: 'well' });
    } while (lines[0] !== lines[1]);
  });

  it('goes without TLS only where the administrator has said so', async () => {
    const given = { signal: AbortSignal.abort() };
    const public4 = '93.184.215.14';
    // What is let through is called off before it leaves.
    const asked = (url: string, options: Partial<SafeFetchOptions> = {}) =>
      makeFetch(options)(get(url, given)).catch(({ code }) => code);
    expect(await asked(`https://${public4}/`)).toBe('UNAVAILABLE');
    expect(await asked(`http://${public4}/`)).toBe('FORBIDDEN');
    expect(await asked(`http://${public4}/`, { allow: [public4] })).toBe('UNAVAILABLE');
    const named = makeFetch({ resolve: async () => [public4] })(get('http://example.com/'));
    await expect(named).rejects.toMatchObject({
      code: 'FORBIDDEN',
      advice: expect.stringContaining('SIGNALBOX_OUTBOUND_ALLOW'),
    });
  });

  it('gives up a name that takes too long to resolve', async () => {
    const fetch = makeFetch({ resolve: () => new Promise(() => undefined) });
    const request = get('http://agent.example.com/', { timeoutMs: 50 });
    await expect(fetch(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('ends at once when its caller does not want it any more', async () => {
    const { port, hits } = await serve(() => undefined);
    const abort = new AbortController();
    const promise = makeFetch({ allow })(get(`http://127.0.0.1:${port}/`, { signal: abort.signal }));
    const outcome = promise.catch((error: { code: string }) => error.code);
    while (hits() === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await outcome).toBe('UNAVAILABLE');
  });

  it('ends at once also what still waits for a line to that server', async () => {
    const { port, hits } = await serve(() => undefined);
    const fetch = makeFetch({ allow });
    const over = new AbortController();
    const lines = 64;
    const busy = Array.from({ length: lines }, () =>
      fetch(get(`http://127.0.0.1:${port}/`, { signal: over.signal, timeoutMs: 600_000 })).catch(
        () => undefined,
      ),
    );
    while (hits() < lines) await new Promise((resolve) => setImmediate(resolve));
    const abort = new AbortController();
    const more = { signal: abort.signal, timeoutMs: 600_000 };
    const waiting = fetch(get(`http://127.0.0.1:${port}/`, more)).catch(
      (error: { code: string }) => error.code,
    );
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await waiting).toBe('UNAVAILABLE');
    expect(hits()).toBe(lines);
    over.abort();
    await Promise.all(busy);
  });

  it('refuses headers that break out of their line', async () => {
    const { port, hits } = await serve((_request, response) => response.end());
    const request = get(`http://127.0.0.1:${port}/`, { headers: { 'x-a': 'b\r\nx-evil: 1' } });
    await expect(makeFetch({ allow })(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(hits()).toBe(0);
  });
});

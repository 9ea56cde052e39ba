import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDoors, startTestServer, type TestServer } from '#server/testing/http.ts';
import { MAX_BODY_DEPTH } from './body.ts';
import type { Route } from './router.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

/** As it comes, not unpacked. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>(
    (resolve, reject) => {
      const asked = request(`${http.origin}${path}`, {
        method,
        headers: { authorization: `Bearer ${http.secret}`, ...headers },
      });
      asked.once('response', async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
        });
      });
      asked.once('error', reject);
      asked.end();
    },
  );
}

const STAGES = { stages: [{ name: 'only', type: 'echo' }] };

describe('answers', () => {
  test('lead whoever asks for the icon of old, as browsers do by themselves, to the one that there is', async () => {
    const answer = await raw('/favicon.ico', { authorization: '' });
    expect(answer).toMatchObject({ status: 308, headers: { location: '/icon.svg' } });
  });

  test('are packed when they are long and the caller can unpack them', async () => {
    const plain = await raw('/api/v1/templates');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.bytes.byteLength).toBeGreaterThan(4096);
    const br = await raw('/api/v1/templates', { 'accept-encoding': 'gzip, br' });
    expect(br.headers).toMatchObject({
      'content-encoding': 'br',
      vary: expect.stringContaining('accept-encoding'),
    });
    expect(brotliDecompressSync(br.bytes)).toEqual(plain.bytes);
    const gzip = await raw('/api/v1/templates', { 'accept-encoding': 'gzip, br;q=0' });
    expect(gunzipSync(gzip.bytes)).toEqual(plain.bytes);
    const short = await raw('/api/v1/auth/providers', { 'accept-encoding': 'br' });
    expect(short.bytes.byteLength).toBeLessThan(1024);
    expect(short.headers['content-encoding']).toBeUndefined();
  });

  test('of events as they happen are not', async () => {
    const made = await http.call('/api/v1/pipelines', { name: 'followed', ...STAGES });
    const run = await http.call(`/api/v1/pipelines/${made.body.id}/execute`, {});
    const events = await raw(`/api/v1/runs/${run.body.id}/events?follow=1`, {
      'accept-encoding': 'br, gzip',
    });
    expect(events.headers['content-encoding']).toBeUndefined();
    expect(events.headers['content-type']).toContain('text/event-stream');
    expect(events.bytes.toString('utf8')).toContain('event: end');
  });

  test('to a HEAD have the headers of a GET and no body', async () => {
    const head = await raw('/api/v1/templates', {}, 'HEAD');
    expect(head).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(head.bytes.byteLength).toBe(0);
  });

  test('carry the request id of the caller, or one of ours', async () => {
    expect((await raw('/api/v1/queues', { 'x-request-id': 'my-request-17' })).headers['x-request-id']).toBe(
      'my-request-17',
    );
    expect((await raw('/api/v1/queues', { 'x-request-id': 'x\ty' })).headers['x-request-id']).toMatch(
      /^[\w-]{36}$/,
    );
  });

  test('are kept by nobody, but for what says so', async () => {
    const { body } = await http.call('/api/v1/pipelines', { name: 'kept', ...STAGES });
    expect((await raw('/api/v1/runs')).headers['cache-control']).toBe('no-store');
    const version = `/api/v1/pipelines/${body.id}/versions/1`;
    const first = await raw(version);
    expect(first.headers).toMatchObject({
      'cache-control': expect.stringContaining('immutable'),
      vary: expect.stringContaining('cookie, authorization'),
    });
    const again = await raw(version, { 'if-none-match': `W/"x", ${first.headers.etag}` });
    expect(again).toMatchObject({ status: 304, headers: { etag: first.headers.etag } });
    expect(again.bytes.byteLength).toBe(0);
  });

  test('that hardly change may be kept by whoever got them, who asks each time whether they still are so', async () => {
    const { body } = await http.call('/api/v1/pipelines', { name: 'tagged', ...STAGES });
    const { body: run } = await http.call(`/api/v1/pipelines/${body.id}/execute`, {});
    // As a stream that ends with the run.
    await raw(`/api/v1/runs/${run.id}/events?follow=1`);
    for (const path of ['', '/tasks', '/graph']) {
      const url = `/api/v1/runs/${run.id}${path}`;
      const first = await raw(url);
      expect(first.headers).toMatchObject({
        'cache-control': 'private, no-cache',
        vary: expect.stringContaining('cookie, authorization'),
      });
      const etag = String(first.headers.etag);
      const again = await raw(url, { 'if-none-match': etag });
      expect(again).toMatchObject({ status: 304, headers: { etag } });
      expect(again.bytes.byteLength).toBe(0);
      expect(await raw(url, { 'if-none-match': '"another"' })).toMatchObject({
        status: 200,
        bytes: first.bytes,
      });
      const stranger = await raw(url, { 'if-none-match': etag, authorization: 'Bearer nobody' });
      expect(stranger).toMatchObject({ status: 401, headers: { 'cache-control': 'no-store' } });
      expect(stranger.headers.etag).toBeUndefined();
    }
    const templates = await raw('/api/v1/templates');
    const same = await raw('/api/v1/templates', { 'if-none-match': String(templates.headers.etag) });
    expect(same.status).toBe(304);
  });

  test('of a run that goes on have another tag with each change', async () => {
    const slow = { stages: [{ name: 'sleeps', type: 'sleep', config: { ms: 3_600_000 } }] };
    const { body } = await http.call('/api/v1/pipelines', { name: 'slow', ...slow });
    const { body: run } = await http.call(`/api/v1/pipelines/${body.id}/execute`, {});
    const url = `/api/v1/runs/${run.id}`;
    const before = await raw(url);
    await http.call(`${url}/kill`, {});
    const after = await raw(url, { 'if-none-match': String(before.headers.etag) });
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });
});

describe('somebody who was led there by a browser', () => {
  const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  const CALLBACKS = [
    '/api/v1/auth/providers/any/callback?code=a&state=b',
    '/api/v1/mcp/sign-in/callback?code=a',
  ];

  test('while the server starts is shown a page that goes on by itself, at the same address', async () => {
    // Nothing has been composed yet.
    const starting = { ...http.program, services: undefined as never };
    await using doors = await openTestDoors(starting);
    for (const path of ['/', '/runs', '/sign-in?token=any', ...CALLBACKS]) {
      const page = await doors.ask(path, { headers: { ...BROWSER, authorization: 'Bearer any' } });
      expect(page.status, path).toBe(503);
      expect(page.headers.get('content-type'), path).toContain('text/html');
      expect(page.body, path).toContain('<meta http-equiv="refresh" content="1">');
      const program = await doors.ask(path);
      expect(program.headers.get('content-type'), path).toContain('problem+json');
    }
  });

  test('and has not signed in is told so on a page with a way on', async () => {
    const page = await http.ask('/api/v1/mcp/sign-in/callback?code=a', { headers: BROWSER });
    expect(page.status).toBe(401);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.body).toContain('<a href="/">');
  });
});

describe('a draft', () => {
  const save = (path: string, ifMatch: string | undefined, more: object = {}) =>
    http.call(
      path,
      { document: STAGES, ...more },
      {
        method: 'PUT',
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      },
    );

  test('is saved on the ETag that was seen, and on no other', async () => {
    const { body } = await http.call('/api/v1/pipelines', { name: 'drafted', ...STAGES });
    const path = `/api/v1/pipelines/${body.id}/draft`;
    const seen = await http.call(path);
    expect(seen.headers.get('etag')).toBe('"1"');
    const saved = await save(path, '"1"');
    expect(saved).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(saved.headers.get('etag')).toBe('"2"');
    expect(await save(path, '"1"')).toMatchObject({
      status: 412,
      body: { code: 'STALE_REVISION', revision: 2, advice: expect.any(String) },
    });
    expect(await save(path, undefined)).toMatchObject({ status: 400, body: { code: 'INVALID' } });
    expect(await save(path, undefined, { revision: 2 })).toMatchObject({
      status: 200,
      body: { revision: 3 },
    });
  });

  test('that nobody has changed is not sent again', async () => {
    const { body } = await http.call('/api/v1/pipelines', { name: 'unchanged', ...STAGES });
    const answer = await raw(`/api/v1/pipelines/${body.id}/draft`, { 'if-none-match': '"1"' });
    expect(answer.status).toBe(304);
  });
});

describe('strangers', () => {
  const stranger = (path: string) => fetch(`${http.origin}${path}`);

  test('learn whether the server lives and can serve, and no more', async () => {
    expect(await (await stranger('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await stranger('/readyz')).json()).toEqual({ status: 'ready' });
    expect((await stranger('/api/v1/health')).status).toBe(401);
    expect((await stranger('/api/v1/settings')).status).toBe(401);
  });

  test('may read the documentation, whose page runs nothing but its own script', async () => {
    const page = await stranger('/api/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*src="\/api\/docs\/)|<style|style=|\son\w+=|https?:\/\//);
    const scripts = ['page.mjs', 'dom.mjs', 'schema-text.mjs', 'try-it.mjs'];
    for (const name of [...scripts, 'page.css', 'sans.woff2', 'mono.woff2']) {
      expect((await stranger(`/api/docs/${name}`)).status).toBe(200);
    }
    const described = await stranger('/api/v1/openapi.json');
    expect(await described.json()).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('bodies', () => {
  test('that bring a prototype along are refused', async () => {
    const response = await http.fetch('/api/v1/pipelines', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__": {"name": "inherited"}, "stages": [{"name": "a", "type": "echo"}]}',
    });
    expect(response.status).toBe(400);
  });

  test('that are too large are refused, by what they say or as soon as they are, and so is a nest too deep', async () => {
    await using doors = await openTestDoors(http.program, {}, { maxBodyBytes: 10_000 });
    const post = async (body: string, isWhole = true) => {
      const response = await fetch(`${doors.origin}/api/v1/tasks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${http.secret}`, 'content-type': 'application/json' },
        // In pieces nobody says beforehand how much it is.
        ...(isWhole ? { body } : { body: new Blob([body]).stream(), duplex: 'half' }),
      } as RequestInit);
      return { status: response.status, body: await response.json() };
    };
    const task = (payload: string) => `{"type": "echo", "payload": ${payload}}`;
    const large = task(JSON.stringify('x'.repeat(10_000)));
    const refused = {
      status: 413,
      body: { code: 'TOO_LARGE', detail: 'The body is larger than 10000 bytes.' },
    };
    expect(await post(large)).toMatchObject(refused);
    expect(await post(large, false)).toMatchObject(refused);
    const nest = (depth: number) => task('['.repeat(depth) + ']'.repeat(depth));
    expect(await post(nest(MAX_BODY_DEPTH))).toMatchObject({ status: 400, body: { code: 'INVALID' } });
    expect(await post(nest(20))).toMatchObject({ status: 202 });
    expect(await post(task('1'), false)).toMatchObject({ status: 202 });
  });

  test('of those who are nobody are short and flat, at the open doors of REST and at tRPC, however they are sent', async () => {
    const send = async (path: string, body: string, { isWhole = true, token = '' } = {}) => {
      const answer = await fetch(`${http.origin}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...(isWhole ? { body } : { body: new Blob([body]).stream(), duplex: 'half' }),
      } as RequestInit);
      return { status: answer.status, text: await answer.text() };
    };
    const signIn = (password: string) => JSON.stringify({ email: 'ada@example.org', password });
    const long = signIn('x'.repeat(65 * 1024));
    const deep = `{"email":${'['.repeat(16)}${']'.repeat(16)},"password":"x"}`;
    for (const path of ['/api/v1/auth/sign-in', '/api/trpc/auth.signIn']) {
      for (const isWhole of [true, false]) {
        const refused = await send(path, long, { isWhole });
        expect(refused, path).toMatchObject({ status: 413, text: expect.stringContaining('Sign in') });
      }
      expect(await send(path, deep), path).toMatchObject({
        status: 400,
        text: expect.stringContaining('nested deeper than 16'),
      });
      // Somebody's is read: what is wrong with it is told by what reads it.
      expect((await send(path, long, { token: http.secret })).status, path).toBe(400);
      expect((await send(path, long, { token: 'nonsense' })).status, path).toBe(413);
    }
  });

  test('do not stand in for the path or a header', async () => {
    const { body } = await http.call('/api/v1/pipelines', { name: 'misplaced', ...STAGES });
    const path = `/api/v1/pipelines/${body.id}/execute`;
    expect(await http.call(path, { id: body.id })).toMatchObject({ status: 400, body: { code: 'INVALID' } });
    expect(await http.call(path, { idempotency_key: 'k' })).toMatchObject({ status: 400 });
  });

  test('of a query say what is wrong with them', async () => {
    for (const query of [
      'limit=many',
      'limit=0',
      'limit=1&limit=2',
      'status=ended',
      'nonsense=1',
      'follow=1',
    ]) {
      expect((await http.call(`/api/v1/runs?${query}`)).status, query).toBe(400);
    }
    expect((await http.call('/api/v1/runs?limit=1&status=running,failed')).status).toBe(200);
    expect((await http.call('/api/v1/runs?status=running&status=failed')).status).toBe(200);
  });
});

test('what is written to an answer after its end is logged, and ends nothing but that', async () => {
  const late: Route = {
    method: 'GET',
    path: '/api/v1/late',
    isOpen: true,
    async handle() {
      return {
        async stream(response) {
          response.writeHead(200).end('all of it');
          // Its error would be nobody's, and so the end of the process.
          response.write('too late');
        },
      };
    },
  };
  await using doors = await openTestDoors(http.program, {}, { routes: [late] });
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('uncaughtExceptionMonitor', note);
  expect(await doors.ask('/api/v1/late')).toMatchObject({ status: 200, body: 'all of it' });
  expect(await doors.ask('/api/v1/late')).toMatchObject({ status: 200, body: 'all of it' });
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
});

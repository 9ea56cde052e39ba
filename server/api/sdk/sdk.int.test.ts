import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SDK_FILES } from '#server/domain/sdk-files.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const take = (file: string, init?: RequestInit) => fetch(`${http.origin}/sdk/${file}`, init);

describe.each([
  [SDK_FILES.typescript, 'application/gzip'],
  [SDK_FILES.python, 'application/zip'],
])('%s', (file, type) => {
  test('is handed out to anybody, as a file of its kind that says how long it is', async () => {
    const answer = await take(file);
    expect(answer.status).toBe(200);
    const bytes = await answer.bytes();
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': type,
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename="${file}"`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers.has('set-cookie')).toBe(false);
    expect(Buffer.from(bytes).toString('latin1')).not.toContain(http.secret);
  });

  test('is not sent again to those who have it, and a HEAD tells of it alone', async () => {
    const etag = (await take(file)).headers.get('etag') ?? '';
    const again = await take(file, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await take(file, { headers: { 'if-none-match': '"another"' } })).status).toBe(200);
    const head = await take(file, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);
  });
});

test('what is not there is not there for strangers either, and says what is', async () => {
  for (const file of ['signalbox-0.0.9-py3-none-any.whl', '__proto__', '..%2Fpackage.json']) {
    const answer = await take(file);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ advice: expect.stringContaining(SDK_FILES.python) });
  }
  expect((await take(SDK_FILES.python, { method: 'POST' })).status).not.toBe(200);
});

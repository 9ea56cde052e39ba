import { afterAll, beforeAll, expect, test } from 'vitest';
import { askBehind } from '#server/testing/ask-behind.ts';
import { openTestDoors, startTestServer, type TestDoors, type TestServer } from '#server/testing/http.ts';

const PATH = '/api/v1/mcp/client.json';
const HOME = 'https://signalbox.example.org';

let http: TestServer;
beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const opened = (publicUrl: string): Promise<TestDoors> => openTestDoors(http.program, { publicUrl });

test('the document says under its own address who Signalbox is, and may be kept for an hour', async () => {
  await using doors = await opened(HOME);
  const { status, headers, body } = await askBehind(doors.origin, HOME)(PATH);
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^application\/json/)]);
  expect(headers.get('cache-control')).toBe('public, max-age=3600');
  expect(headers.get('set-cookie')).toBeNull();
  // Nothing more: no secret, no keys.
  expect(body).toEqual({
    client_id: HOME + PATH,
    client_name: 'Signalbox',
    client_uri: HOME,
    redirect_uris: [`${HOME}/api/v1/mcp/sign-in/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  });
});

test('there is none where no authorization server could read it', async () => {
  const refused = { status: 404, body: { code: 'NOT_FOUND', advice: expect.stringContaining('registers') } };
  // Without a public address, and beside the one that there is.
  expect(await http.ask(PATH)).toMatchObject(refused);
  await using doors = await opened(HOME);
  expect(await doors.ask(PATH)).toMatchObject(refused);
  for (const publicUrl of ['https://localhost', 'https://127.0.0.1', 'http://signalbox.example.org']) {
    await using other = await opened(publicUrl);
    expect(await askBehind(other.origin, publicUrl)(PATH), publicUrl).toMatchObject(refused);
  }
});

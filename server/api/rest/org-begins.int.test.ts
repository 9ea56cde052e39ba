import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { browserWith, cookieOf, joinAs, type Member } from '#server/testing/people.ts';

let http: TestServer;
let owner: Member;
beforeAll(async () => {
  http = await startTestServer();
  const link = await http.program.services.identity.links.issueOwnerLink();
  const first = browserWith(http, cookieOf(await http.ask(`/sign-in?token=${link}`)));
  owner = await joinAs(http, first, 'owner');
});
afterAll(() => http[Symbol.asyncDispose]());

test('an organisation begins with what the first one began with: the templates, and the six stages, which run', async () => {
  const had = async () => {
    const { templates } = (await owner.ask('/api/v1/templates')).body;
    const { pipelines } = (await owner.ask('/api/v1/pipelines?search=six-stage-data-pipeline')).body;
    const [{ id }] = pipelines;
    const version = await owner.ask(`/api/v1/pipelines/${id}/export?format=json&version=1`);
    return { id, templates: templates.map(({ key }: { key: string }) => key), graph: version.body };
  };
  const first = await had();
  expect(first.templates).toHaveLength(6);
  const { id } = (await owner.ask('/api/v1/orgs', { body: { name: 'The second' } })).body;
  await owner.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
  const second = await had();
  expect(second).toEqual({ ...first, id: second.id });
  expect(second.id).not.toBe(first.id);
  // With the example that its schema shows, as the page does that starts it.
  const input_data = second.graph.inputSchema.examples[0];
  const started = await owner.ask(`/api/v1/pipelines/${second.id}/execute`, { body: { input_data } });
  await vi.waitFor(
    async () => {
      expect((await owner.ask(`/api/v1/runs/${started.body.id}`)).body.status).toBe('succeeded');
    },
    { timeout: 60_000, interval: 50 },
  );
});

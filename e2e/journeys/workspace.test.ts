import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { HOSTILE } from '../stack/hostile-world.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs } from '../stack/people.ts';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
let operator: Page;
let pipelineId: string;

beforeAll(async () => {
  operator = (await joinAs(here, 'operator', 'Olga')).page;
  // Nobody does its only stage, so that its workspace stays open.
  const stages = [{ name: 'wait', type: 'done-by-nobody' }];
  ({ id: pipelineId } = await api('/pipelines', { name: 'shares files', stages }));
});

/** What agents that share one key do in a run of its own. */
async function openWorkspace() {
  const { id: runId } = await api(`/pipelines/${pipelineId}/execute`, { input_data: {} });
  const ask = async (tool: string, as: string, input: object) => {
    const answer = await fetch(`${here.origin}/tools/${tool}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${here.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ task_id: runId, as, ...input }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const act = async (tool: string, as: string, input: object) => {
    const { status, body } = await ask(tool, as, input);
    expect(status, `${tool}: ${JSON.stringify(body)}`).toBeLessThan(300);
    return body;
  };
  const open = (page: Page, query = '') => page.goto(`${here.origin}/runs/${runId}?tab=workspace${query}`);
  return { runId, ask, act, open };
}

const listOf = (page: Page, title: string): Locator => page.getByRole('list', { name: title });
const feedOf = (page: Page): Locator => listOf(page, 'Activity');

test('who holds a claim is seen and it is taken away with a reason: they are told, and the token of before writes nothing', async () => {
  const { runId, ask, act, open } = await openWorkspace();
  const { lease_id, fencing_token } = await act('claim_file', 'writer', {
    paths: ['report.md'],
    seconds: 3600,
  });
  const proof = { lease_id, fencing_token };
  await act('file_write', 'writer', { path: 'report.md', content: 'one\n', base_version: 0, ...proof });

  const { page: viewer } = await joinAs(here, 'viewer');
  await open(viewer);
  await feedOf(viewer).getByText('claimed report.md').waitFor();
  expect(await viewer.getByRole('button', { name: 'Take away' }).count()).toBe(0);

  await open(operator);
  await listOf(operator, 'Claims').getByText('report.md').waitFor();
  await operator.getByRole('button', { name: 'Take away writer' }).click();
  const dialog = operator.getByRole('alertdialog', { name: "Take writer's claim away?" });
  const confirm = dialog.getByRole('button', { name: 'Take away' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill('Its agent hangs.');
  await confirm.click();
  await operator.getByText('The claim is taken away.').first().waitFor();
  for (const page of [operator, viewer]) {
    await page.getByText('Nobody holds a file just now.').waitFor();
    await feedOf(page).getByText('lost the claim to Olga: Its agent hangs.').waitFor();
  }

  const change = { path: 'report.md', content: 'two\n', base_version: 1 };
  const refused = await ask('file_write', 'writer', { ...change, ...proof });
  expect(refused).toMatchObject({ status: 409, body: { conflict: { kind: 'lease-lost' } } });
  expect(refused.body.detail).toContain('Olga');
  expect(refused.body.detail).toContain('Its agent hangs.');
  const next = await act('claim_file', 'reviewer', { paths: ['report.md'] });
  expect(next.fencing_token).toBeGreaterThan(fencing_token);
  expect(await api(`/runs/${runId}/workspace/file?path=report.md`)).toMatchObject({
    version: 1,
    content: 'one\n',
  });
  const { entries } = await api('/audit?action=workspace.claim-taken-away');
  expect(entries.filter(({ target }: { target: string }) => target === runId)).toMatchObject([
    {
      target: runId,
      actor: { name: 'Olga' },
      reason: 'Its agent hangs.',
      before: { held_by: 'writer' },
    },
  ]);
});

test('what a replay on a newer version would begin with is shown under the stages of that version', async () => {
  const { runId, act, open } = await openWorkspace();
  await act('file_write', 'writer', { path: 'early.md', content: 'from outside\n', base_version: 0 });
  const document = { stages: [{ key: 'called-anew', type: 'done-by-nobody' }], dependencies: [] };
  const { draft } = await api(`/pipelines/${pipelineId}`);
  await api(`/pipelines/${pipelineId}/draft`, { revision: draft.revision, document }, 'PUT');
  await api(`/pipelines/${pipelineId}/publish`, {});
  await open(operator);
  await operator.getByRole('combobox', { name: 'As they stood' }).click();
  await operator
    .getByRole('option', { name: 'For a replay from called-anew on version 2', exact: true })
    .click();
  await operator.getByText('On this version stages that are new').waitFor();
  await operator.getByRole('button', { name: 'early.md v1' }).waitFor();
  expect(new URL(operator.url()).searchParams.get('on')).toBe('newest');
  await operator.reload();
  await operator.getByText('On this version stages that are new').waitFor();
  const own = await api(`/runs/${runId}/workspace/files?before_stage=wait`);
  expect(own.files).toMatchObject([{ path: 'early.md' }]);
});

test('any two versions of a file are laid side by side', async () => {
  const { act, open } = await openWorkspace();
  const write = (content: string, base: number) =>
    act('file_write', 'writer', { path: 'docs/plan.md', content, base_version: base });
  await write('title\nfirst line\n', 0);
  await write('title\nsecond line\n', 1);
  await write('title\nthird line\n', 2);
  await open(operator, '&as=history');
  await expectSides(operator, { from: 2, to: 3, left: '− second line', right: '+ third line' });
  await operator.getByRole('combobox', { name: 'Compared with' }).click();
  await operator.getByRole('option', { name: 'version 1', exact: true }).click();
  await expectSides(operator, { from: 1, to: 3, left: '− first line', right: '+ third line' });
  await operator.reload();
  await expectSides(operator, { from: 1, to: 3, left: '− first line', right: '+ third line' });
});

async function expectSides(
  page: Page,
  { from, to, left, right }: { from: number; to: number; left: string; right: string },
): Promise<void> {
  const diff = page.getByRole('region', { name: `From version ${from} to version ${to}` });
  const [before, after] = [diff.getByText(left), diff.getByText(right)];
  await after.waitFor();
  const [a, b] = [await before.boundingBox(), await after.boundingBox()];
  expect(a?.y).toBe(b?.y);
  expect((a?.x ?? 0) + (a?.width ?? 0)).toBeLessThanOrEqual(b?.x ?? 0);
}

test('steps, messages, files and their contents arrive while one looks on', async () => {
  const { act, open } = await openWorkspace();
  await open(operator);
  await operator.getByText('No files yet').waitFor();
  await act('join_collab', 'writer', { about: 'writes the plan' });
  await act('log_step', 'writer', { message: 'Reading the sources' });
  await act('send_message', 'writer', { body: 'The plan comes in a minute.' });
  await act('file_write', 'writer', { path: 'plan.md', content: 'a first draft\n', base_version: 0 });
  await feedOf(operator).getByText('Reading the sources').waitFor();
  await feedOf(operator).getByText('The plan comes in a minute.').waitFor();
  await listOf(operator, 'Taking part').getByText('writes the plan').waitFor();
  await operator.getByRole('button', { name: 'plan.md v1' }).waitFor();
  await operator.getByText('a first draft').waitFor();
  await act('file_edit', 'reviewer', { path: 'plan.md', edits: [{ old: 'a first', new: 'a second' }] });
  await operator.getByText('a second draft').waitFor();
  await operator.getByRole('button', { name: 'plan.md v2' }).waitFor();
});

test('of much that happened the last is shown, and what was earlier on demand, to the first', async () => {
  const { runId, act, open } = await openWorkspace();
  for (let at = 1; at <= 305; at += 1) await act('log_step', 'writer', { message: `step ${at} of many` });
  expect((await api(`/runs/${runId}/workspace`)).seq).toBe(305);
  await open(operator);
  await feedOf(operator).getByText('step 305 of many').waitFor();
  await feedOf(operator).getByText('step 201 of many').waitFor();
  expect(await feedOf(operator).getByText('step 200 of many').count()).toBe(0);
  await operator.getByRole('button', { name: 'Show earlier' }).click();
  await feedOf(operator).getByText('step 1 of many', { exact: true }).waitFor();
  const lines = await feedOf(operator)
    .getByText(/^step \d+ of many$/)
    .allTextContents();
  expect(lines).toEqual(Array.from({ length: 305 }, (_, at) => `step ${305 - at} of many`));
  expect(await operator.getByRole('button', { name: 'Show earlier' }).count()).toBe(0);
});

test('writer and reviewer of the demonstration collide and find a way before the eyes of who looks on', async () => {
  const { id } = await api('/templates/shared_files/instantiate', { name: 'two share a file' });
  const { id: runId } = await api(`/pipelines/${id}/execute`, { input_data: {} });
  await operator.goto(`${here.origin}/runs/${runId}?tab=workspace`);
  const feed = feedOf(operator);
  await listOf(operator, 'Taking part').getByText('builtin-demo-reviewer').waitFor();
  await feed.getByText(/^Refused: report\.md is claimed by builtin-demo-writer/).waitFor();
  await feed.getByText('May I have report.md?').waitFor();
  await feed.getByText(/^Refused: report\.md is at version 4, written by builtin-demo-reviewer/).waitFor();
  await feed.getByText('Made the change on version 4: it is version 5 now.').waitFor();
  await operator.getByRole('button', { name: 'report.md v5' }).waitFor();
  await operator.getByText('Nobody holds a file just now.').waitFor();
  await operator
    .getByText(/one claim, one message and one diff.*Reviewed: the figure is still missing/s)
    .waitFor();
});

test('whatever agents write into paths, files, notes, steps, messages and names stays text', async () => {
  const { act, open } = await openWorkspace();
  // What stands for several files, and what nobody can see, is refused in paths.
  const path = HOSTILE.replaceAll(/[/*\u202e\u200b]/g, '');
  await act('join_collab', 'writer', { about: HOSTILE });
  await act('file_write', 'writer', { path, content: `${HOSTILE}\n`, base_version: 0, note: HOSTILE });
  await act('file_edit', 'writer', { path, edits: [{ old: HOSTILE, new: `new ${HOSTILE}` }], note: HOSTILE });
  await act('claim_file', 'writer', { paths: [path], seconds: 3600 });
  await act('log_step', 'writer', { message: `step ${HOSTILE}` });
  await act('send_message', 'writer', { body: `message ${HOSTILE}` });
  await open(operator);
  const MARKUP = '<img src=x onerror="globalThis.hacked=1"><script data-hostile>';
  for (const place of [
    feedOf(operator).getByText(`step ${MARKUP}`),
    feedOf(operator).getByText(`message ${MARKUP}`),
    listOf(operator, 'Claims').getByText('<img src=x'),
    listOf(operator, 'Taking part').getByText(MARKUP),
    operator.getByText(`new ${MARKUP}`),
    operator.getByRole('button', { name: /^<img src=x .* v2$/ }),
  ])
    await place.first().waitFor();
  await open(operator, '&as=history');
  await operator
    .getByRole('region', { name: 'From version 1 to version 2' })
    .getByText(`+ new ${MARKUP}`)
    .waitFor();
  expect(await operator.evaluate('globalThis.hacked')).toBeUndefined();
  expect(await operator.locator('script[data-hostile], img[src="x"]').count()).toBe(0);
});

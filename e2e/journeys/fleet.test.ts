import { beforeAll, describe, expect, test } from 'vitest';
import { foretellComplaint } from '../stack/complaints.ts';
import { provideEnrolment } from '../stack/enrol.ts';
import { freshName } from '../stack/fresh-name.ts';
import { HOSTILE } from '../stack/hostile-world.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs, type Person } from '../stack/people.ts';
import { findBarriersInBoth } from '../stack/watch-page.ts';

const here = provideInstallation({ isSignedIn: false });
const { api } = here;
const { enrol, stopProgram } = provideEnrolment(here);
let owner: Person;

beforeAll(async () => {
  owner = await joinAs(here, 'owner');
});
const SLOW = { timeout: 60_000 };

describe('agents', () => {
  test.each(['TypeScript', 'Python', 'HTTP', 'curl'])(
    'one is enrolled with what the dialog says for %s, is seen to come, and does its first task',
    async (kind) => {
      const { page } = owner;
      const name = freshName(`by ${kind}`);
      await enrol(page, { name, kind });
      const task = await api('/tasks', { type: 'repeat', payload: { said: kind } });
      await expect.poll(async () => (await api(`/tasks/${task.task_id}`)).status, SLOW).toBe('completed');
      await page.getByRole('link', { name: 'Show it' }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByLabel('Latest work').getByText('Succeeded').first().waitFor(SLOW);
    },
  );

  test('one that is drained says why, one that is killed goes stale and then offline, and the address keeps the view', async () => {
    const { page } = owner;
    const name = freshName('mortal');
    const program = await enrol(page, { name, kind: 'HTTP' });
    await page.getByRole('link', { name: 'Show it' }).click();
    await page.getByRole('button', { name: 'Drain' }).click();
    const confirm = page.getByRole('alertdialog');
    expect(await confirm.getByRole('button', { name: 'Drain' }).isDisabled()).toBe(true);
    await confirm.getByLabel('Reason').fill('its disk is replaced');
    await confirm.getByRole('button', { name: 'Drain' }).click();
    await page.getByText('Draining', { exact: true }).first().waitFor(SLOW);
    await page.getByText('“its disk is replaced”').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('alertdialog').getByLabel('Reason').fill('it has a new one');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Online', { exact: true }).first().waitFor(SLOW);

    await page.goto(`${here.origin}/agents?view=table&q=${encodeURIComponent(name)}`);
    const row = page.getByRole('row', { name: new RegExp(name) });
    await row.getByText('Online').waitFor(SLOW);
    stopProgram(program);
    await row.getByText('Stale').waitFor(SLOW);
    await row.getByText('Offline').waitFor(SLOW);
    await page.reload();
    await row.getByText('Offline').waitFor(SLOW);
    expect(await page.getByRole('searchbox').inputValue()).toBe(name);
  });

  test('one is paused and one quarantined with a reason that everybody reads; they get nothing until let go; the board is grouped', async () => {
    const { page } = owner;
    const [type, label] = [freshName('yawn').replace(' ', '-'), freshName('room=north').replace(' ', '-')];
    const enter = (name: string) =>
      api('/agents/register', { name, version: '1.2', capabilities: [type], labels: [label] });
    const [tired, odd] = [freshName('tired'), freshName('odd')];
    const agents = [await enter(tired), await enter(odd)];
    const claim = ({ agent_id: id, generation }: (typeof agents)[number]) =>
      api(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 0 });
    // So that they stay alive meanwhile.
    const pulse = setInterval(() => void Promise.all(agents.map(claim)).catch(() => undefined), 2000);
    try {
      for (const [name, order, state] of [
        [tired, 'Pause', 'Paused'],
        [odd, 'Quarantine', 'Quarantined'],
      ] as const) {
        await page.goto(`${here.origin}/agents?q=${encodeURIComponent(name)}`);
        await page
          .getByRole('main')
          .getByRole('link', { name: new RegExp(`^${name}`) })
          .click();
        await page.getByRole('button', { name: order }).click();
        const question = page.getByRole('alertdialog', { name: `${order} ${name}?` });
        expect(await question.getByRole('button', { name: order }).isDisabled()).toBe(true);
        await question.getByLabel('Reason').fill(`${name} needs a look`);
        await page.keyboard.press('Enter');
        await page.getByText(state, { exact: true }).first().waitFor(SLOW);
        await page.getByText(`“${name} needs a look”`).waitFor();
      }
      const { task_id: task } = await api('/tasks', { type, payload: {} });
      for (const agent of agents) expect((await claim(agent)).tasks).toEqual([]);

      await page.goto(`${here.origin}/agents?q=${type}`);
      await page.getByRole('combobox', { name: 'Group by' }).click();
      await page.getByRole('option', { name: 'By label' }).click();
      const group = page.getByRole('region', { name: label });
      await group.getByRole('link', { name: new RegExp(`^${tired}.*Paused`) }).waitFor(SLOW);
      await group.getByRole('link', { name: new RegExp(`^${odd}.*Quarantined`) }).waitFor(SLOW);
      await page.getByRole('button', { name: /^Quarantined \d+$/ }).click();
      await group.getByText(tired).waitFor({ state: 'detached' });
      await group.getByRole('link', { name: new RegExp(`^${odd}`) }).click();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('alertdialog').getByLabel('Reason').fill('it was its clock');
      await page.keyboard.press('Enter');
      await expect.poll(async () => (await api(`/tasks/${task}`)).status, SLOW).toBe('running');
    } finally {
      clearInterval(pulse);
    }
  });

  test('what pipelines need and nobody offers is named, and its dialog is filled in', async () => {
    const { page } = owner;
    const name = freshName('<img src=x onerror=alert(1)>');
    await api('/pipelines', { name, stages: [{ name: 'only', type: 'sing' }] });
    await page.goto(`${here.origin}/agents`);
    const row = page.getByRole('row', { name: /sing/ });
    await row.getByRole('link', { name }).waitFor(SLOW);
    await row.getByRole('button', { name: 'Enrol one' }).click();
    expect(await page.getByRole('textbox', { name: 'Capability' }).inputValue()).toBe('sing');
    await page.keyboard.press('Escape');
  });
});

/** A task that takes three agents with it, since none of them gives a sign of life again. */
async function makeDeadLetter(): Promise<void> {
  // A name of its own each time: one that has lost so much is not given more.
  const name = `deadly ${crypto.randomUUID()}`;
  const { agent_id: id, generation } = await api('/agents/register', { name, capabilities: ['die'] });
  const stages = [{ key: 'deadly', name: HOSTILE, type: 'die', timeouts: { idleSeconds: 1 } }];
  const text = JSON.stringify({ stages });
  const pipeline = await api('/pipelines/import', {
    ...{ name, text, format: 'json', publish: true },
  });
  const before = (await api('/dead-letters')).dead_letters.length;
  await api(`/pipelines/${pipeline.id}/execute`, { input_data: { [HOSTILE]: HOSTILE } });
  await expect
    .poll(async () => {
      await api(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 1000 });
      return (await api('/dead-letters')).dead_letters.length;
    }, SLOW)
    .toBe(before + 1);
}

test('an address of nothing leads back to where things are', async () => {
  const { page } = owner;
  for (const [path, title, back] of [
    ['/agents/agent_nothing', 'There is no such agent', 'Back to Agents'],
    ['/connections/mcpc_nothing', 'There is no such connection', 'Back to MCP'],
  ] as const) {
    // Chromium says so of each request that is refused.
    foretellComplaint(page, /status of 400 .*(agents\.get|mcp\.connection)/);
    await page.goto(here.origin + path);
    await page.getByRole('heading', { level: 1, name: title }).waitFor(SLOW);
    await page.getByRole('link', { name: back }).click();
    await page.waitForURL((url) => url.pathname === path.replace(/\/[^/]+$/, ''));
  }
});

test('single keys are switched off for a browser, and others go on working', async () => {
  const { page } = owner;
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await page.goto(`${here.origin}/settings/account`);
  await page.getByRole('button', { name: 'Show the keys' }).click();
  await sheet.waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  const keys = page.getByRole('switch', { name: 'Single keys do what buttons do' });
  await keys.click();
  await page.reload();
  await keys.and(page.getByRole('switch', { checked: false })).waitFor(SLOW);
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('?');
  await page.keyboard.press('ControlOrMeta+k');
  const palette = page.getByRole('dialog', { name: 'Find and do' });
  await palette.waitFor();
  expect(await sheet.count()).toBe(0);
  await page.keyboard.press('Escape');
  await palette.waitFor({ state: 'hidden' });
  await keys.click();
  await keys.and(page.getByRole('switch', { checked: true })).waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('?');
  await sheet.waitFor();
  await page.keyboard.press('Escape');
});

describe('dead letters', () => {
  test('one is looked into and replayed, one is discarded with a reason, and then there is none', async () => {
    const { page } = owner;
    await makeDeadLetter();
    await makeDeadLetter();
    await page.goto(`${here.origin}/queues`);
    await page.getByRole('tab', { name: /Dead letters/ }).click();
    const list = page.getByRole('grid', { name: 'Dead letters' });
    await expect.poll(() => list.getByRole('row', { name: /vanished/ }).count(), SLOW).toBe(2);

    await list.focus();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog');
    // It names the task, and holds nothing of what somebody wrote.
    const contents = drawer.getByLabel('What lies in it');
    await contents.getByText('"stage": "deadly"').waitFor();
    expect(await drawer.textContent()).not.toContain('hacked');
    expect(await findBarriersInBoth(page)).toEqual([]);
    await page.reload();
    await drawer.getByRole('button', { name: 'Replay' }).click();
    await page.waitForURL(/\/runs\/run_/, SLOW);
    // So that its task does not die with those of the next journey.
    await api(`${new URL(page.url()).pathname}/cancel`, {});

    await page.goto(`${here.origin}/queues?part=dead`);
    await expect.poll(() => list.getByRole('row', { name: /vanished/ }).count(), SLOW).toBe(1);
    await list.getByRole('row', { name: /vanished/ }).click();
    await drawer.getByRole('button', { name: 'Discard' }).click();
    const confirm = page.getByRole('alertdialog');
    await confirm.getByLabel('Reason').fill(HOSTILE);
    await confirm.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No dead letters').waitFor(SLOW);
    await page.goto(`${here.origin}/audit?action=dead-letter.discarded`);
    await page
      .getByRole('row', { name: /dead-letter\.discarded/ })
      .getByRole('gridcell')
      .first()
      .click();
    await drawer.getByText('<script data-hostile>').first().waitFor(SLOW);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
  });

  test('all that there are go back at once, with how far it is on whatever page somebody was meanwhile', async () => {
    const { page } = owner;
    await makeDeadLetter();
    await page.goto(`${here.origin}/queues?part=dead`);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(/deadLetters\.replayAll/, async (route) => {
      await released;
      await route.continue();
    });
    await page.getByRole('button', { name: /Replay all/ }).click();
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: /Replay all/ })
      .click();
    await page.getByText('0 of 1 letter replayed').waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor(SLOW);
    await page.goBack();
    await page.getByText('0 of 1 letter replayed').waitFor(SLOW);
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    release();
    await page.getByText('1 letter replayed.').waitFor(SLOW);
    await page.getByText('No dead letters').waitFor(SLOW);
  });
});

describe('roles', () => {
  test('a viewer sees the fleet and can order nothing; an operator can, and enrols nobody', async () => {
    const viewer = await joinAs(here, 'viewer');
    const operator = await joinAs(here, 'operator');
    const { agents } = await api('/agents?search=mortal');
    for (const { page } of [viewer, operator]) {
      await page.goto(`${here.origin}/agents`);
      await page.getByText('mortal').first().waitFor(SLOW);
      expect(await page.getByRole('button', { name: /Enrol/ }).count()).toBe(0);
      await page.goto(`${here.origin}/agents/${agents[0].id}`);
      await page.getByRole('heading', { level: 1, name: /^mortal/ }).waitFor(SLOW);
    }
    expect(await viewer.page.getByRole('button', { name: 'Drain' }).count()).toBe(0);
    await operator.page.getByRole('button', { name: 'Drain' }).waitFor();

    await viewer.page.goto(`${here.origin}/queues?part=dead`);
    await viewer.page.getByText('Not for you').waitFor(SLOW);
    await operator.page.goto(`${here.origin}/queues?part=dead`);
    await operator.page.getByText('No dead letters').waitFor(SLOW);
  });
});

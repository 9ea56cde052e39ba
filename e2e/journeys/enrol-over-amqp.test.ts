import { beforeAll, expect, test } from 'vitest';
import { provideEnrolment } from '../stack/enrol.ts';
import { freshName } from '../stack/fresh-name.ts';
import { provideInstallation } from '../stack/installation.ts';
import { joinAs, type Person } from '../stack/people.ts';

const SLOW = { timeout: 60_000 };
const here = provideInstallation({ isSignedIn: false });
const { enrol } = provideEnrolment(here);
let owner: Person;

beforeAll(async () => {
  owner = await joinAs(here, 'owner');
});

test('an agent that has the address of RabbitMQ and nothing else of the installation is seen on the board, and does its task there', async () => {
  const { page } = owner;
  const name = freshName('over the broker');
  await enrol(page, {
    ...{ name, kind: 'AMQP' },
    own: { 'amqp://user:password@host:5672': here.settings.RABBITMQ_URL ?? '' },
  });
  const { task_id: id } = await here.api('/tasks', { type: 'repeat', payload: { said: 'AMQP' } });
  await expect
    .poll(() => here.api(`/tasks/${id}`), SLOW)
    .toMatchObject({ status: 'completed', output: { said: 'AMQP' } });

  // A tile of the board, which leads to it.
  await page.goto(`${here.origin}/agents`);
  const tile = page.getByRole('link', { name });
  await tile.getByText('Online').waitFor(SLOW);
  await tile.click();
  await page.getByRole('heading', { level: 1, name }).waitFor(SLOW);
  await page.getByText('over RabbitMQ').first().waitFor(SLOW);
  await page.getByLabel('Latest work').getByText('Succeeded').first().waitFor(SLOW);
});

import type { Page } from 'playwright-core';
import { PAGES } from '../stack/pages.ts';
import type { Things } from './scenario.ts';

export interface Screen {
  name: string;
  path: string;
  /** For whoever has not signed in. */
  isOutside?: boolean;
  /** What is opened on it. */
  open?(page: Page): Promise<void>;
}

const MISSING = 'not-there';
const OUTSIDE = new Set(['/sign-in', '/join']);

/** Every page that a row of `pages.ts` names, and what opens on them; without those whose thing the scenario lacks. */
export function listScreens(things: Things): Screen[] {
  const { runId = MISSING, pipelineId = MISSING, agentId = MISSING, errorGroup = MISSING } = things;
  const pages = Object.entries(PAGES).flatMap(([route, paths]) =>
    paths({ runId, pipelineId, agentId, errorGroup }).map((path) => ({
      ...{ name: nameOf(route, path), path },
      ...(OUTSIDE.has(route) ? { isOutside: true } : {}),
    })),
  );
  const opened = listOpened(things).map(([name, path, open]) => ({ name, path, ...(open ? { open } : {}) }));
  return [...pages, ...opened].filter(({ path }) => !path.includes(MISSING));
}

/** `/runs/[id]` at its tab of logs is `runs-one-logs`. */
function nameOf(route: string, path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://any');
  const place = route.includes('[section]') ? pathname : route.replaceAll('[id]', 'one');
  // What else stands in an address is told by its name alone: values may be ids.
  const looks = [...searchParams].map(([key, value]) => (key === 'tab' || key === 'part' ? value : key));
  return [...place.split('/').filter(Boolean), ...looks].join('-') || 'home';
}

type Opened = readonly [name: string, path: string, open?: (page: Page) => Promise<void>];

const press = (key: string) => (page: Page) => page.keyboard.press(key);
const button = (name: string | RegExp) => (page: Page) =>
  page
    .getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
    .first()
    .click();
const both =
  (...steps: ((page: Page) => Promise<void>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page);
  };
const item = (name: string | RegExp) => (page: Page) => page.getByRole('menuitem', { name }).first().click();

/** Drawers, dialogs and menus. */
function listOpened(things: Things): Opened[] {
  const { openRunId = MISSING, otherRunId = MISSING, bulkId = MISSING, connectionId = MISSING } = things;
  const { runId = MISSING, pipelineId = MISSING, stageKey = MISSING } = things;
  const run = `/runs/${runId}`;
  const edit = `/pipelines/${pipelineId}/edit`;
  return [
    ['palette', '/', press('ControlOrMeta+k')],
    ['account-menu', '/', button(/^Account/)],
    ['keys', '/runs', press('?')],
    ['pipelines-new', '/pipelines', button('New pipeline')],
    ['runs-filter', '/runs', button('Filter')],
    ['runs-columns', '/runs', button(/Columns/)],
    ['runs-selected', '/runs?status=failed,succeeded', both(press('j'), press('x'), press('j'), press('x'))],
    ['runs-one-stage', `${run}?stage=${stageKey}`],
    ['runs-one-graph-stage', `${run}?tab=graph&stage=${stageKey}`],
    ['runs-one-replay', run, press('r')],
    ['runs-open', `/runs/${openRunId}`],
    ['runs-open-graph', `/runs/${openRunId}?tab=graph`],
    ['runs-open-logs', `/runs/${openRunId}?tab=logs`],
    ['runs-compare-two', `/runs/compare?a=${runId}&b=${otherRunId}`],
    ['bulk', `/bulk/${bulkId}`],
    ['editor-add', edit, press('a')],
    ['editor-stage', edit, both((page) => page.locator('.react-flow__node').nth(1).click())],
    ['editor-yaml', edit, button('YAML')],
    ['editor-outline', edit, button('Outline')],
    ['editor-dry-run', edit, both(button('More'), item('Dry run'))],
    ['editor-versions', edit, both(button('More'), item('Versions'))],
    ['editor-run', edit, button('Run')],
    ['agents-enrol', '/agents', button(/Enrol/)],
    ['queues-letter', '/queues?part=dead', both(press('j'), press('Enter'))],
    ['analytics-range', '/analytics', button(/Range|last|24/i)],
    ['audit-entry', '/audit', both((page) => page.getByRole('row').nth(1).click())],
    ['connections-one', `/connections/${connectionId}`],
    ['connections-connect', '/connections', button('Connect a server')],
    ['connections-import', '/connections', button('Import connections')],
    ['connections-rule', '/connections?tab=rules', button('Add a rule')],
    ['connections-virtual', '/connections?tab=servers', button('Make a virtual server')],
    ['settings-keys-new', '/settings/keys', button(/Make a key|New key/)],
    ['settings-members-invite', '/settings/members', button(/Invite/)],
    ['settings-notifications-new', '/settings/notifications', button(/Add|New/)],
    ['settings-organisation', '/settings/organisation'],
    ['not-there', '/nothing/of/the/kind'],
  ];
}

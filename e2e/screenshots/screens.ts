import type { Page } from 'playwright-core';
import { PAGES } from '../stack/pages.ts';
import { addPasskey, cutLine, meetConflict, onPaper, stopHalfway } from './moments.ts';
import type { Things } from './scenario.ts';
import type { Waiting } from './waiting.ts';

export interface Screen {
  name: string;
  path: string;
  /** For whoever has not signed in. */
  isOutside?: boolean;
  /** What is opened on it: a drawer, a dialog, a menu. */
  open?(page: Page): Promise<void>;
}

const MISSING = 'not-there';
const OUTSIDE = new Set(['/sign-in', '/join']);

/** Every page that a row of `pages.ts` names, and what opens on them; without those whose thing the scenario lacks. */
export function listScreens(things: Things): Screen[] {
  const { runId = MISSING, pipelineId = MISSING, agentId = MISSING, errorGroup = MISSING } = things;
  const { bulkId = MISSING, connectionId = MISSING } = things;
  const world = { runId, pipelineId, agentId, errorGroup, bulkId, connectionId };
  const pages = Object.entries(PAGES).flatMap(([route, paths]) =>
    paths(world).map((path) => ({
      ...{ name: nameOf(route, path), path },
      ...(OUTSIDE.has(route) ? { isOutside: true } : {}),
    })),
  );
  const opened = listOpened(things).map(toScreen);
  return [...pages, ...opened].filter(({ path }) => !path.includes(MISSING));
}

const toScreen = ([name, path, open]: Opened): Screen => ({ name, path, ...(open ? { open } : {}) });

/** `/runs/[id]` at its tab of logs is `runs-one-logs`. */
function nameOf(route: string, path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://any');
  const place = route.includes('[section]') ? pathname : route.replaceAll('[id]', 'one');
  // What else stands in an address is told by its name alone: values may be ids.
  const looks = [...searchParams].map(([key, value]) => (key === 'tab' || key === 'part' ? value : key));
  return [...place.split('/').filter(Boolean), ...looks].join('-') || 'home';
}

type Step = (page: Page) => Promise<void>;
type Opened = readonly [name: string, path: string, open?: Step];

const press =
  (key: string): Step =>
  (page) =>
    page.keyboard.press(key);
const button =
  (name: string | RegExp): Step =>
  (page) =>
    page
      .getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
      .first()
      .click();
const item =
  (name: string): Step =>
  (page) =>
    page.getByRole('menuitem', { name }).first().click();

const OVER = '[role=dialog], [role=alertdialog], [role=menu], [role=listbox], [role=toolbar]';
/** Steps after which something lies over the page. */
const over =
  (...steps: Step[]): Step =>
  async (page) => {
    for (const step of steps) await step(page);
    // What a field of it would open is there already, unseen.
    await page.locator(OVER).filter({ visible: true }).last().waitFor();
  };

/** Drawers, dialogs, menus, and pages at something of their own. */
function listOpened(things: Things): Opened[] {
  const { letterId = MISSING, auditEntry = MISSING } = things;
  return [
    ...overLists(),
    ['queues-letter', `/queues?part=dead&letter=${letterId}`],
    ['audit-entry', `/audit?entry=${auditEntry}`],
    ...ofPrograms(things),
    ...ofRuns(things),
    ...ofEditor(things),
    ...ofMcp(things),
    ...ofNoMatch(),
    ...ofMoments(things),
  ];
}

function overLists(): Opened[] {
  return [
    ['palette', '/', over(press('ControlOrMeta+k'))],
    ['account-menu', '/', over(button(/^Account/))],
    ['keys', '/runs', over(press('?'))],
    ['pipelines-new', '/pipelines', over(button('New pipeline'))],
    ['agents-enrol', '/agents', over(button(/Enrol/))],
    ['analytics-range', '/analytics', over(button(/^(Range|Last)/))],
    ['settings-keys-new', '/settings/keys', over(button('New key'))],
    ['settings-members-invite', '/settings/members', over(button('Invite somebody'))],
    ['settings-notifications-new', '/settings/notifications', over(button('New target'))],
    ['not-there', '/nothing/of/the/kind'],
  ];
}

function ofPrograms({ program }: Things): Opened[] {
  if (!program) return [];
  const { pathname, search, origin } = new URL(program.address);
  const path = pathname + search;
  return [
    ['allow-program', path],
    [
      'settings-apps-connected',
      path,
      async (page) => {
        await button('Let it in')(page);
        await page.getByText('You may go back').waitFor();
        await program.comeIn();
        await page.goto(`${origin}/settings/apps`);
        await page.getByText('Notebook').first().waitFor();
      },
    ],
  ];
}

function ofRuns({ runId, openRunId, otherRunId, stageKey = MISSING }: Things): Opened[] {
  const run = `/runs/${runId ?? MISSING}`;
  const open = `/runs/${openRunId ?? MISSING}`;
  return [
    ['runs-filter', '/runs', over(button('Filter'))],
    ['runs-columns', '/runs', over(button(/Columns/))],
    ['runs-selected', '/runs', over(press('j'), press('x'), press('j'), press('x'))],
    ['runs-one-stage', `${run}?stage=${stageKey}`],
    ['runs-one-graph-stage', `${run}?tab=graph&stage=${stageKey}`],
    ['runs-one-replay', run, over(press('r'))],
    ['runs-open', open],
    ['runs-open-graph', `${open}?tab=graph`],
    ['runs-open-logs', `${open}?tab=logs`],
    ['runs-compare-two', `/runs/compare?a=${runId ?? MISSING}&b=${otherRunId ?? MISSING}`],
  ];
}

function ofEditor({ drawnId }: Things): Opened[] {
  const edit = `/pipelines/${drawnId ?? MISSING}/edit`;
  return [
    ['editor-stage', edit, (page) => page.locator('.react-flow__node').nth(1).click()],
    ['editor-yaml', edit, button('YAML')],
    ['editor-outline', edit, button('Outline')],
    ['editor-add', edit, over(press('a'))],
    ['editor-dry-run', edit, over(button('More'), item('Dry run'))],
    ['editor-versions', edit, over(button('More'), item('Versions'))],
    ['editor-run', edit, over(button('Run'))],
  ];
}

function ofMcp({ changedId = MISSING }: Things): Opened[] {
  return [
    ['connections-one-changed', `/connections/${changedId}`, button(/^read_note/)],
    ['connections-connect', '/connections', over(button('Connect a server'))],
    ['connections-import', '/connections', over(button('Import connections'))],
    ['connections-rule', '/connections?tab=rules', over(button('Add a rule'))],
    ['connections-virtual', '/connections?tab=servers', over(button('Make a virtual server'))],
  ];
}

/** Filters by which nothing is found: another thing than nothing at all. */
function ofNoMatch(): Opened[] {
  return [
    ['runs-no-match', '/runs?status=failed&id=run_00000000'],
    ['agents-no-match', '/agents?q=nothing+like+it'],
    ['audit-no-match', '/audit?action=nothing.like-it'],
    ['analytics-no-match', '/analytics?tag=nothing-like-it'],
    ['connections-log-no-match', '/connections?tab=log&outcome=refused'],
  ];
}

function ofMoments({ runId, bulkId, drawnId }: Things): Opened[] {
  const run = `/runs/${runId ?? MISSING}`;
  const bulk = `/bulk/${bulkId ?? MISSING}`;
  return [
    ['home-cut', '/', cutLine],
    ['runs-cut', '/runs', cutLine],
    ['runs-one-cut', run, cutLine],
    ['runs-one-report-paper', `${run}?tab=report`, onPaper],
    ['runs-one-timeline-paper', run, onPaper],
    ['editor-conflict', `/pipelines/${drawnId ?? MISSING}/edit`, meetConflict],
    [
      'editor-conflict-difference',
      `/pipelines/${drawnId ?? MISSING}/edit`,
      over(meetConflict, button('See the difference')),
    ],
    ['bulk-halfway', bulk, stopHalfway],
    ['bulk-abort', bulk, over(stopHalfway, button('Abort'))],
    // Last: the browser keeps it.
    ['runs-moments', '/runs', press('t')],
  ];
}

/** What waits for somebody. */
export function listWaiting({ askedRunId, unsureRunId, heldRunId, invites }: Waiting): Screen[] {
  const held = `/runs/${heldRunId}?tab=workspace`;
  const screens: Opened[] = [
    ['runs-one-asked', `/runs/${askedRunId}`],
    ['runs-one-unsure', `/runs/${unsureRunId}`],
    ['connections-approvals-waiting', '/connections?tab=approvals'],
    ['runs-one-workspace-held', held],
    ['runs-one-workspace-take-away', held, over(button(/^Take away/))],
  ];
  // Each device takes up an invitation of its own.
  const open: Step = (page) => addPasskey(invites.pop() ?? '')(page);
  const passkey = { name: 'settings-account-passkey', path: '/sign-in', isOutside: true, open };
  return [...screens.map(toScreen), passkey];
}

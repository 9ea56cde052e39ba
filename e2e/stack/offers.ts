import type { Page } from 'playwright-core';
import { type Action, permissionOf, type Role } from '../../server/identity/permissions.ts';
import type { World } from './pages.ts';

/** What a page offers to press, and who may: the panel's side of the table of permissions. */

type Offer = [name: RegExp, needs: Action];
const RUN: Offer = [/^Replay$/, 'run.operate'];
const PIPELINE: Offer = [/^Run$/, 'run.operate'];
const NEW: Offer = [/^New pipeline$/, 'pipeline.create'];
const ENROL: Offer[] = [
  [/^Enrol an agent$/, 'key.manage'],
  [/^Enrol one/, 'key.manage'],
];

/** Which buttons of a page are for some only, and what whoever sees them may. */
const OFFERS: Record<string, Offer[]> = {
  '/pipelines': [NEW, [/^Run with sample data$/, 'run.operate']],
  '/pipelines?archived=true': [NEW],
  '/pipelines?q=nothing+like+it': [NEW],
  '/pipelines/[id]?tab=overview': [PIPELINE],
  '/pipelines/[id]?tab=versions': [PIPELINE, [/^Bring back/, 'pipeline.edit']],
  '/pipelines/[id]?tab=sharing': [PIPELINE, [/^Add$/, 'member.manage']],
  '/pipelines/[id]/edit': [
    [/^Run$/, 'run.operate'],
    [/^Add a stage$/, 'pipeline.edit'],
  ],
  '/agents': ENROL,
  '/agents?view=table&group=capability': ENROL,
  '/agents/[id]': [
    [/^Resume$/, 'agent.operate'],
    [/^Drain$/, 'agent.operate'],
    [/^Pause$/, 'agent.operate'],
    [/^Quarantine$/, 'agent.operate'],
  ],
  '/analytics/errors/[id]': [
    [/^Resolve$/, 'run.operate'],
    [/^Ignore$/, 'run.operate'],
  ],
  '/runs/[id]?tab=timeline': [RUN],
  '/runs/[id]?tab=logs': [RUN, [/^Download the log$/, 'run.logs']],
  '/runs': [
    [/^Replay failed…$/, 'run.operate'],
    [/^Remove the view/, 'view.manage'],
  ],
  '/runs?status=failed': [
    [/^Replay failed…$/, 'run.operate'],
    [/^All that match( \(.+\))?…$/, 'run.operate'],
    [/^Remove the view/, 'view.manage'],
  ],
  '/audit': [
    [/^Verify the chain$/, 'audit.read'],
    [/^Export$/, 'audit.read'],
  ],
  '/connections?tab=connections': [
    [/^Import connections$/, 'mcp.manage'],
    [/^Connect a server$/, 'mcp.connect'],
  ],
  '/connections?tab=servers': [
    [/^Make a virtual server$/, 'mcp.manage'],
    [/^Change$/, 'mcp.manage'],
    [/^Delete$/, 'mcp.manage'],
  ],
  '/connections?tab=rules': [
    [/^Add a rule$/, 'mcp.manage'],
    [/^Delete the rule$/, 'mcp.manage'],
  ],
  '/connections?tab=approvals': [
    [/^Allow once$/, 'mcp.decide'],
    [/^Refuse$/, 'mcp.decide'],
  ],
  // One that everybody shares.
  '/connections/[id]': [
    [/^Test$/, 'mcp.manage'],
    [/^Disconnect$/, 'mcp.manage'],
    [/^Change the limits$/, 'mcp.manage'],
    [/^Change the keys$/, 'mcp.manage'],
    [/^Approve/, 'mcp.manage'],
    [/^Block/, 'mcp.manage'],
  ],
  '/settings/organisation': [[/^Make an organisation$/, 'org.create']],
  '/settings/members': [
    [/^Remove /, 'member.manage'],
    [/^Invite somebody$/, 'member.manage'],
    [/^Take back/, 'member.manage'],
  ],
  '/settings/keys': [
    [/^New key$/, 'key.manage'],
    [/^Revoke/, 'key.manage'],
  ],
  '/settings/agent-tokens': [
    [/^New token$/, 'key.manage'],
    [/^Revoke/, 'key.manage'],
  ],
  '/settings/secrets': [
    [/^New secret$/, 'secret.manage'],
    [/^Replace/, 'secret.manage'],
    [/^Delete/, 'secret.manage'],
  ],
  '/settings/notifications': [[/^New target$/, 'notification.manage']],
};

/** What is there only when something has happened, or on what is one's own. */
const SOMETIMES: Offer[] = [
  [/^Send again/, 'notification.manage'],
  [/^Rotate/, 'key.manage'],
];

/** Buttons that look at something, choose what is shown, or concern only whoever presses them. */
const FOR_EVERYBODY = [
  // What somebody has named: rows that open, cells that narrow a list.
  /<img src=x|^#|^[a-z-]+\.[a-z-]+$|^[a-z]+_[0-9a-f]{8,}$|^[0-9a-f]{16}$|^Somebody who is|^local owner$/,
  /^(Copy|Star|No longer star|What to do with|Look|Zoom|Show|Range of time|Remove the filter) ?/,
  /^(All|Open|Resolved|Ignored|Failed|Running|Going on|Last 24 hours|Left alone|Went wrong|Replayed|Info|Warnings|Errors)$/,
  // How many of the fleet are in a state.
  /^(All|Not well|Online|Busy|Failing|Stale|Offline|Draining|Paused|Quarantined) \d+$/,
  /^(Board|Table|By time|By stage|JSON|Columns|Started|Duration|Filter|Clear|Clear the filters|Swap|More)$/,
  /^(Follow|Wrap lines|Download the events|Export|Save view|\d\d:\d\d:\d\d\.\d+)$/,
  /^Open the stage$|: as a table$|^→ |^Connect .* to…$|^What changed in version/,
  /^(Content|History|StatusFailed|Find a stage|Outline|YAML|What a run is given|Time limit|Sensitive values)$/,
  /^(As the system|Light|Dark|Change the password|Add a passkey|Leave|Mine|Of everybody)$/,
];

const ANY_ID = /(run|pipe|agent|bulk|mcpc)_[0-9a-f]+|(?<=errors\/)[0-9a-f]+/g;

/** By a path without what is particular to a world. */
const placeOf = (path: string): string => path.replaceAll(ANY_ID, '[id]');
export const offersOf = (path: string): Offer[] => OFFERS[placeOf(path)] ?? [];

export const mayRole = (role: Role, action: Action): boolean => permissionOf(action).roles.includes(role);

const routeOf = (path: string): string => placeOf(path).replace(/\?.*/, '');

/** On one of the tabs of its page: what stands in the head is the same on all of them. */
export function isKnown(path: string, button: string): boolean {
  const offers = Object.entries(OFFERS).flatMap(([place, rows]) =>
    routeOf(place) === routeOf(path) ? rows : [],
  );
  return (
    [...offers, ...SOMETIMES].some(([name]) => name.test(button)) ||
    FOR_EVERYBODY.some((name) => name.test(button))
  );
}

/** Whether each offer of the page is there, and whether it should be. */
export function compareOffers(role: Role, path: string, buttons: readonly string[]) {
  const offers = offersOf(path);
  const isThere = (name: RegExp) => buttons.some((button) => name.test(button));
  const table = (of: (offer: Offer) => boolean) =>
    Object.fromEntries(offers.map((offer) => [String(offer[0]), of(offer)]));
  const wrong = SOMETIMES.filter(([name, action]) => isThere(name) && !mayRole(role, action));
  return {
    found: { ...table(([name]) => isThere(name)), wrong: wrong.map(String) },
    wanted: { ...table(([, action]) => mayRole(role, action)), wrong: [] },
  };
}

export interface Offered {
  buttons: string[];
  /** What it says that is wrong. */
  alerts: string[];
}

const TROUBLES_OF_THE_WORLD = /code FAILED_ON_PURPOSE|^The server ended the connection\.$/i;

export async function readOffered(page: Page): Promise<Offered> {
  const buttons = page.locator('main').getByRole('button', { disabled: false });
  const names = await buttons.evaluateAll((all) =>
    all.map((button) => button.getAttribute('aria-label') ?? button.textContent ?? ''),
  );
  const alerts = await page.getByRole('alert').allTextContents();
  return {
    buttons: [...new Set(names.map((name) => name.replaceAll(/\s+/g, ' ').trim()))],
    // What a run has failed with is no fault of its page, nor that a server far away has hung up on us since.
    alerts: alerts.filter((text) => text.trim() !== '' && !TROUBLES_OF_THE_WORLD.test(text)),
  };
}

/** As a program would, with the session of a page: what is not offered is refused too. */
export const CALLS: [needs: Action, path: (world: World) => string, body?: object][] = [
  ['pipeline.create', () => '/pipelines/import', { name: 'Not theirs', text: '{"stages":[]}' }],
  ['run.operate', ({ runId }) => `/runs/${runId}/replay`, {}],
  ['run.logs', ({ runId }) => `/runs/${runId}/logs`],
  ['agent.operate', ({ agentId }) => `/agents/${agentId}/orders`, { order: 'drain', reason: 'none' }],
  ['key.manage', () => '/keys', { name: 'Not theirs', role: 'viewer' }],
  ['member.manage', () => '/invites', { role: 'viewer' }],
  ['audit.read', () => '/audit'],
  ['secret.manage', () => '/secrets'],
  ['queue.inspect', () => '/dead-letters'],
  ['mcp.manage', () => '/mcp/rules', { effect: 'allow', who: { kind: 'everybody' } }],
];
/** In the menu of a pipeline. */
export const MENU: [item: string, needs: Action][] = [
  ['Run with input', 'run.operate'],
  ['Duplicate', 'pipeline.create'],
  ['Archive', 'pipeline.edit'],
];

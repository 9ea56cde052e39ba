import { globSync } from 'node:fs';

/** What stands for the changing parts of a page's path; given what the server holds, several for those with tabs. */
type Paths = (world: World) => string[];
export interface World {
  runId: string;
  pipelineId: string;
  agentId: string;
  errorGroup: string;
  bulkId: string;
  connectionId: string;
}

const SECTIONS = [
  'account',
  'organisation',
  'members',
  'keys',
  'agent-tokens',
  'apps',
  'secrets',
  'notifications',
  'limits',
  'system',
];

/** What shows the same to everybody, signed in or not. */
export const FOR_ALL = ['/sign-in', '/join', '/allow', '/design'];

/** A page of `app/` without a row here fails the test. */
export const PAGES: Record<string, Paths> = {
  '/': () => ['/'],
  '/sign-in': () => ['/sign-in'],
  '/join': () => ['/join#nothing'],
  '/allow': () => ['/allow'],
  '/design': () => ['/design'],
  '/pipelines': () => ['/pipelines', '/pipelines?archived=true', '/pipelines?q=nothing+like+it'],
  '/agents': () => ['/agents', '/agents?view=table&group=capability'],
  '/agents/[id]': ({ agentId }) => [`/agents/${agentId}`],
  '/queues': () => ['/queues', '/queues?empty=true', '/queues?part=dead', '/queues?part=limits'],
  '/analytics': () => ['overview', 'stages', 'agents', 'errors'].map((tab) => `/analytics?tab=${tab}`),
  '/analytics/errors/[id]': ({ errorGroup }) => [`/analytics/errors/${errorGroup}`],
  '/runs/[id]': ({ runId }) =>
    ['timeline', 'graph', 'logs', 'events', 'data', 'attempts', 'workspace', 'report'].map(
      (tab) => `/runs/${runId}?tab=${tab}`,
    ),
  '/pipelines/[id]': ({ pipelineId }) =>
    ['overview', 'versions', 'sharing'].map((tab) => `/pipelines/${pipelineId}?tab=${tab}`),
  '/pipelines/[id]/edit': ({ pipelineId }) => [`/pipelines/${pipelineId}/edit`],
  '/runs': () => ['/runs', '/runs?status=failed'],
  '/runs/compare': ({ runId }) => ['/runs/compare', `/runs/compare?a=${runId}&b=${runId}`],
  '/bulk/[id]': ({ bulkId }) => [`/bulk/${bulkId}`],
  // It answers 404, of which every browser complains.
  '/[...rest]': () => [],
  '/audit': () => ['/audit'],
  '/connections': () =>
    ['connections', 'servers', 'rules', 'approvals', 'usage', 'log', 'client'].map(
      (tab) => `/connections?tab=${tab}`,
    ),
  '/connections/[id]': ({ connectionId }) => [`/connections/${connectionId}`],
  '/settings': () => ['/settings'],
  '/settings/[section]': () => SECTIONS.map((section) => `/settings/${section}`),
};

/** What `app/` has, as addresses with their changing parts. */
export const ROUTES = globSync('app/**/page.tsx')
  .map(
    (file) =>
      file
        .replace(/^app/, '')
        .replace(/\/page\.tsx$/, '')
        .replaceAll(/\/\([^)]+\)/g, '') || '/',
  )
  .sort();

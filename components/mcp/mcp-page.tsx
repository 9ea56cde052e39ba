'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { type Action, useIsFor } from '../shell/use-may.ts';
import { Notice } from '../ui/feedback.tsx';
import { Page, PageHead } from '../ui/surface.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Approvals, useAskedCount } from './approvals.tsx';
import { CallLog } from './call-log.tsx';
import { ClientHelp } from './client-help.tsx';
import { Connections } from './connections.tsx';
import { Rules } from './rules.tsx';
import { Servers } from './servers.tsx';
import { Usage } from './usage.tsx';
import { words } from './words.ts';

const TABS = ['connections', 'servers', 'rules', 'approvals', 'usage', 'log', 'client'] as const;
const CONTENT = {
  connections: Connections,
  servers: Servers,
  rules: Rules,
  approvals: Approvals,
  usage: Usage,
  log: CallLog,
  client: ClientHelp,
} as const;

/** What somebody must be allowed for a tab to hold anything for them. */
const NEEDS: Partial<Record<keyof typeof CONTENT, Action>> = { log: 'mcp.log' };

export function McpPage() {
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('connections'));
  const [signIn] = useQueryState('sign_in', parseAsStringLiteral(['failed'] as const));
  const isFor = useIsFor();
  const asked = useAskedCount() ?? 0;
  return (
    <Page>
      <PageHead title={words.title} note={words.note} />
      {signIn === null ? null : <Notice message={words.signInFailed} advice={words.signInFailedNote} />}
      <Tabs
        label={words.title}
        value={tab}
        onChange={(next) => void setTab(next)}
        items={TABS.filter((value) => value === tab || isFor(NEEDS[value])).map((value) => {
          const Content = CONTENT[value];
          return {
            ...{ value, label: words.tabs[value], content: value === tab ? <Content /> : null },
            ...(value === 'approvals' && asked > 0 ? { count: asked } : {}),
          };
        })}
      />
    </Page>
  );
}

'use client';

import { Lock, ScrollText } from 'lucide-react';
import { lookOfCall } from '../looks/index.ts';
import { PagedTable } from '../shell/paged-table.tsx';
import { useMay } from '../shell/use-may.ts';
import { Empty } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { words } from './words.ts';

export function CallLog() {
  if (useMay()('mcp.log')) return <Calls />;
  return (
    <Card flush>
      <Empty icon={Lock} title={words.logNotYours}>
        {words.logNotYoursNote}
      </Empty>
    </Card>
  );
}

function Calls() {
  return (
    <Card title={words.tabs.log} flush>
      <PagedTable
        label={words.tabs.log}
        path="mcpUsage.log"
        rowsOf={(page) => page.calls}
        keyOf={(call) => call.id}
        empty={{ icon: ScrollText, title: words.noLog, note: words.noLogNote }}
        columns={[
          { key: 'at', title: 'When', cell: ({ at }) => <Ago at={at} /> },
          {
            key: 'tool',
            title: 'Tool',
            onPhone: 'lead',
            cell: ({ tool }) => <span className="font-mono">{tool}</span>,
          },
          {
            key: 'who',
            title: 'By',
            cell: ({ caller, run_id: runId }) =>
              runId === null ? (
                caller.name
              ) : (
                <Link href={`/runs/${runId}`} className="text-accent hover:underline">
                  {caller.name}
                </Link>
              ),
          },
          {
            key: 'outcome',
            title: 'Outcome',
            onPhone: 'side',
            cell: ({ outcome, problem }) => (
              <span title={problem ?? undefined}>
                <StatusText look={lookOfCall(outcome)} />
              </span>
            ),
          },
          { key: 'ms', title: 'Took', align: 'end', cell: ({ ms }) => `${ms} ms` },
        ]}
      />
    </Card>
  );
}

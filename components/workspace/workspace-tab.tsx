'use client';

import { useQuery } from '@tanstack/react-query';
import { FolderOpen } from 'lucide-react';
import { parseAsInteger, parseAsString, useQueryStates } from 'nuqs';
import type { PipelineId, RunId, VersionId } from '../../server/domain/ids.ts';
import { isRunOver, type RunStatus } from '../../server/domain/statuses.ts';
import { type Answer, query, useFreshBy } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { NotYours } from '../shell/not-yours.tsx';
import { ShowMore, usePages } from '../shell/paged-table.tsx';
import { useMay } from '../shell/use-may.ts';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { ActivityFeed } from './activity-feed.tsx';
import { ClaimList } from './claim-list.tsx';
import { FileTree } from './file-tree.tsx';
import { FileView } from './file-view.tsx';
import { askedOf, MomentChoice, useMoment } from './moment.tsx';
import { Taking } from './taking.tsx';
import { words } from './words.ts';

const REFRESH_MS = 2000;

/** The versions are those of the file. */
const SHOWN = { file: parseAsString, version: parseAsInteger, against: parseAsInteger };

const MOVED_WITH_IT = [
  ['workspaces', 'files'],
  ['workspaces', 'history'],
  ['workspaces', 'activity'],
];

/** Another as soon as something happened in it; a claim whose time is over gets no number. */
const signOf = (workspace: Answer<'workspaces.get'> | undefined): string =>
  [workspace?.seq, ...(workspace?.claims ?? []).map(({ lease_id: id }) => id)].join();

interface TabProps {
  run: {
    id: RunId;
    status: RunStatus;
    /** Null: a task that stood alone, which has no other version. */
    pipeline_id: PipelineId | null;
    version_id: VersionId;
    stages: readonly { key: string }[];
  };
}

/** The files that the agents of a run share: what is in them, who changed what, who holds which. */
export function WorkspaceTab(props: TabProps) {
  return useMay()('workspace.read') ? <Files {...props} /> : <NotYours why={words.hidden} />;
}

function Files({ run }: TabProps) {
  const runId = run.id;
  const isOver = isRunOver(run.status);
  const asked = query('workspaces.get', { id: runId });
  const workspace = useQuery({ ...asked, refetchInterval: isOver ? false : REFRESH_MS });
  // What happened last, just before its end, is asked for once more.
  useFreshBy(String(isOver), { keys: [asked.queryKey] });
  const [moment, setMoment] = useMoment();
  const { before, on } = moment;
  const isNow = before === null;
  const list = usePages(
    'workspaces.files',
    { id: runId, limit: 200, ...askedOf(moment) },
    (page) => page.files,
  );
  useFreshBy(signOf(workspace.data), { keys: MOVED_WITH_IT });
  const [{ file: path }, setShown] = useQueryStates(SHOWN);
  if (!workspace.data || !list.rows)
    return workspace.error || list.error ? (
      <Broken of={[workspace, list]} />
    ) : (
      <Skeleton label={words.loading} rows={8} />
    );
  const shown = list.rows.find((file) => file.path === path) ?? list.rows[0];
  return (
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[16rem_minmax(0,1fr)_20rem]">
      <div className={list.rows.length === 0 ? 'lg:col-span-2' : ''}>
        <Card title={words.files} flush>
          <MomentChoice run={run} moment={moment} onChange={setMoment} />
          {list.rows.length === 0 ? (
            <Empty icon={FolderOpen} title={isNow ? words.none : words.noneThen}>
              {isNow ? words.noneNote : words.noneThenNote}
            </Empty>
          ) : (
            <>
              <FileTree
                files={list.rows}
                selected={shown?.path ?? null}
                onSelect={(file) => void setShown({ file, version: null, against: null })}
              />
              <ShowMore of={list} />
            </>
          )}
        </Card>
      </div>
      {shown ? (
        <FileView
          key={`${on} ${before} ${shown.path}`}
          {...{ runId, path: shown.path, newest: shown.version }}
        />
      ) : null}
      <div className="flex flex-col gap-4">
        <ClaimList runId={runId} claims={workspace.data.claims} />
        <Taking collaborators={workspace.data.collaborators} more={workspace.data.more_collaborators} />
        <ActivityFeed runId={runId} newest={workspace.data.seq} />
      </div>
    </div>
  );
}

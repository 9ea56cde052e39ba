'use client';

import { ArrowDownToLine, Download, ScrollText, SearchX, WrapText } from 'lucide-react';
import { useState } from 'react';
import { ask } from '../../../data/index.ts';
import { Broken } from '../../../shell/broken.tsx';
import { NotYours } from '../../../shell/not-yours.tsx';
import { asWords, useKept } from '../../../shell/use-kept.ts';
import { useMay } from '../../../shell/use-may.ts';
import { IconButton } from '../../../ui/button.tsx';
import { Segments } from '../../../ui/choice.tsx';
import { Empty, Skeleton } from '../../../ui/feedback.tsx';
import { TextInput } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { NARROW, useMedia } from '../../../ui/use-media.ts';
import { offsetName, ownZone, zoneName } from '../../../ui/zone.ts';
import { saveFile } from '../../save-file.ts';
import { runWords } from '../run-words.ts';
import type { Run } from '../use-run.ts';
import { LogList } from './log-list.tsx';
import { LEVELS, useLog } from './use-log.ts';

type Log = ReturnType<typeof useLog>;

export function LogsTab({ run }: { run: Run }) {
  const isAllowed = useMay()('run.logs');
  return isAllowed ? <Shown run={run} /> : <NotYours why={runWords.logs.hidden} />;
}

function Shown({ run }: { run: Run }) {
  const log = useLog(run);
  const [options, setOptions] = useKept<string[]>('log-options', [], asWords);
  const isNarrow = useMedia(NARROW);
  const isWrapped = isNarrow || options.includes('wrap');
  const { logs } = runWords;
  return (
    <section
      aria-label={logs.label}
      className="flex h-[70dvh] flex-col overflow-hidden rounded-lg border border-line bg-card shadow-card"
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
        <Finders run={run} log={log} />
        <span className="ml-auto flex items-center gap-1">
          <span className="px-2 text-xs tabular-nums text-quiet">
            {log.lines ? logs.lines(log.lines.length, log) : ''}
            {log.lines?.length ? (
              <span className="max-md:hidden" title={zoneName(ownZone())}>
                {logs.timesOf(offsetName(undefined, Date.parse(log.lines[0]?.timestamp ?? run.created_at)))}
              </span>
            ) : null}
          </span>
          <IconButton
            label={logs.follow}
            icon={ArrowDownToLine}
            pressed={log.isFollowing}
            onClick={log.isFollowing ? log.leaveEnd : log.follow}
          />
          {isNarrow ? null : (
            <IconButton
              label={logs.wrap}
              icon={WrapText}
              pressed={isWrapped}
              onClick={() => setOptions(isWrapped ? [] : ['wrap'])}
            />
          )}
          <DownloadButton run={run} log={log} />
        </span>
      </div>
      {log.asked.error ? (
        <div className="px-4">
          <Broken of={log.asked} />
        </div>
      ) : null}
      {log.lines === undefined && !log.asked.error ? <Skeleton label={logs.loading} rows={12} /> : null}
      {log.lines?.length === 0 ? (
        <Empty
          icon={log.isFiltered ? SearchX : ScrollText}
          title={log.isFiltered ? logs.noMatch : log.isOfOneStage ? logs.noneOfStage : logs.none}
        />
      ) : null}
      {log.lines && log.lines.length > 0 ? (
        <LogList run={run} log={log} lines={log.lines} isWrapped={isWrapped} />
      ) : null}
    </section>
  );
}

function Finders({ run, log }: { run: Run; log: Log }) {
  const { logs } = runWords;
  return (
    <>
      <div className="w-56">
        <TextInput
          type="search"
          aria-label={logs.search}
          placeholder={logs.search}
          value={log.search}
          onChange={(next) => {
            log.begin();
            log.setSearch(next);
          }}
          maxLength={200}
        />
      </div>
      <Segments
        label={logs.level}
        value={log.level}
        onChange={(next) => {
          log.begin();
          log.setLevel(next);
        }}
        choices={LEVELS.map((value) => ({ value, label: logs.levels[value] }))}
      />
      <Select
        label={logs.stage}
        value={log.inStage ?? ''}
        onChange={(next) => {
          log.begin();
          log.setInStage(next === '' ? null : next);
        }}
        choices={[
          { value: '', label: logs.allStages },
          ...run.stages.map(({ key, name }) => ({ value: key, label: name })),
        ]}
      />
    </>
  );
}

const MAX_DOWNLOAD_PAGES = 1000;

/** All lines that match, read page by page. */
function DownloadButton({ run, log }: { run: Run; log: Log }) {
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const download = async () => {
    const parts: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_DOWNLOAD_PAGES; page++) {
      const answer: Awaited<ReturnType<typeof ask<'runs.logs'>>> = await ask('runs.logs', {
        ...log.input,
        ...(cursor === null ? {} : { cursor }),
      });
      for (const { timestamp, level, stage, message } of answer.logs)
        parts.push(`${timestamp} ${level.padEnd(5)} ${run.stages[stage]?.key ?? stage} ${message}\n`);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    if (cursor !== null) {
      const said = runWords.logs.cut(parts.length, run.id);
      parts.push(`${said}\n`);
      toast({ title: said, isFailure: true });
    }
    saveFile(`${run.id}.log`, new Blob(parts, { type: 'text/plain' }));
  };
  const start = () => {
    setBusy(true);
    download()
      .catch((error: Error) => toast({ title: error.message, isFailure: true }))
      .finally(() => setBusy(false));
  };
  return <IconButton label={runWords.logs.download} icon={Download} disabled={isBusy} onClick={start} />;
}

import { pipelineHref } from '../shell/places.ts';
import { formatDuration } from '../ui/format.ts';
import type { GridColumn } from '../ui/grid/index.ts';
import { Link } from '../ui/link.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { sumUp } from './last-runs.ts';
import { LastRuns } from './last-runs-strip.tsx';
import { RowActions } from './row-actions.tsx';
import { StarButton } from './star-button.tsx';
import type { Pipeline, RowRights } from './types.ts';
import { words } from './words.ts';

const SHOWN_TAGS = 3;

interface Wishes extends RowRights {
  /** Where nobody in person has made one, there is no column of dashes. */
  hasOwners: boolean;
  onTag(tag: string): void;
  onRun(id: string): void;
}

const OWNER: GridColumn<Pipeline> = {
  key: 'owner',
  title: words.columns.owner,
  width: '8rem',
  wideOnly: true,
  cell: ({ owner }) => owner?.name ?? words.nobody,
};

export function columnsOf({ hasOwners, onTag, onRun, ...rights }: Wishes): GridColumn<Pipeline>[] {
  return [
    {
      key: 'name',
      title: words.columns.name,
      width: 'minmax(16rem,1fr)',
      cell: (pipeline) => <NameCell pipeline={pipeline} onTag={onTag} />,
    },
    ...(hasOwners ? [OWNER] : []),
    {
      key: 'runs',
      title: words.columns.runs,
      width: '11rem',
      cell: (pipeline) => <LastRuns pipeline={pipeline} />,
    },
    {
      key: 'success',
      title: words.columns.success,
      width: '5.5rem',
      align: 'end',
      wideOnly: true,
      cell: ({ recent_runs: runs }) => {
        const { good, judged } = sumUp(runs ?? []);
        return judged === 0 ? '–' : <span title={words.successTitle}>{words.success(good, judged)}</span>;
      },
    },
    {
      key: 'p95',
      title: words.columns.p95,
      width: '5.5rem',
      align: 'end',
      wideOnly: true,
      cell: ({ recent_runs: runs }) => {
        const { p95Ms } = sumUp(runs ?? []);
        return p95Ms === null ? '–' : <span title={words.p95Title}>{formatDuration(p95Ms)}</span>;
      },
    },
    {
      key: 'changed',
      title: words.columns.changed,
      width: '7rem',
      align: 'end',
      wideOnly: true,
      cell: ({ updated_at: at }) => <Ago at={at} />,
    },
    {
      key: 'actions',
      title: words.columns.actions,
      width: '6.5rem',
      align: 'end',
      onPhone: 'side',
      cell: (pipeline) => <RowActions pipeline={pipeline} rights={rights} onRun={onRun} />,
    },
  ];
}

const TAG =
  'flex min-h-6 min-w-6 items-center whitespace-nowrap text-xs text-accent hover:underline max-md:hidden';

/** How many more there are; which, when it is pointed at, and each to be chosen. */
function MoreTags({ of, tags, onTag }: { of: string; tags: readonly string[]; onTag(tag: string): void }) {
  if (tags.length === 0) return null;
  const trigger = (
    <button
      type="button"
      title={tags.map((tag) => `#${tag}`).join(' ')}
      aria-label={words.moreTags(tags.length, of)}
      className={TAG}
    >
      +{tags.length}
    </button>
  );
  return (
    <Menu trigger={trigger}>
      {tags.map((tag) => (
        <MenuItem key={tag} label={`#${tag}`} onSelect={() => onTag(tag)} />
      ))}
    </Menu>
  );
}

function NameCell({ pipeline, onTag }: { pipeline: Pipeline; onTag(tag: string): void }) {
  const { id, name, description, version, stages, tags } = pipeline;
  return (
    <span className="flex min-w-0 items-center gap-2 max-md:-ml-2">
      <StarButton pipeline={pipeline} />
      <span className="flex min-w-0 flex-col gap-0.5">
        <span className="flex min-w-0 items-center gap-2">
          <Link href={pipelineHref(id)} className="truncate text-base font-medium hover:underline">
            {name}
          </Link>
          <Chip>{version === null ? words.unpublished : words.version(version)}</Chip>
          {tags.slice(0, SHOWN_TAGS).map((tag) => (
            <button key={tag} type="button" title={words.tag(tag)} onClick={() => onTag(tag)} className={TAG}>
              #{tag}
            </button>
          ))}
          <MoreTags of={name} tags={tags.slice(SHOWN_TAGS)} onTag={onTag} />
        </span>
        <span className="truncate text-sm text-quiet" title={description}>
          {words.stages(stages)}
          {description === '' ? '' : ` · ${description}`}
        </span>
      </span>
    </span>
  );
}

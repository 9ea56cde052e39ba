'use client';

import { Bot, Plus, SearchX } from 'lucide-react';
import { parseAsArrayOf, parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import {
  AGENT_CONDITIONS,
  type AgentCondition,
  UNWELL_CONDITIONS,
} from '../../server/domain/agent-condition.ts';
import { lookOfAgent } from '../looks/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { useNow } from '../ui/clock.ts';
import { Empty, Notice, Skeleton } from '../ui/feedback.tsx';
import { TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { AgentTile } from './agent-tile.tsx';
import { AgentsTable } from './agents-table.tsx';
import { EnrolDialog } from './enrol/enrol-dialog.tsx';
import { countConditions, filterAgents, GROUPINGS, type Grouping, groupAgents } from './group-agents.ts';
import { UncoveredCard, useUncovered } from './uncovered-card.tsx';
import { AGE_MS, type FleetAgent, useFleet } from './use-fleet.ts';
import { words } from './words.ts';

const VIEWS = ['board', 'table'] as const;

const URL_STATE = {
  view: parseAsStringLiteral(VIEWS).withDefault('board'),
  group: parseAsStringLiteral(GROUPINGS).withDefault('none'),
  state: parseAsArrayOf(parseAsStringLiteral(AGENT_CONDITIONS)),
  q: parseAsString.withDefault(''),
  enrol: parseAsBoolean.withDefault(false),
  capability: parseAsString.withDefault(''),
};

export function AgentsPage() {
  const [url, setUrl] = useQueryStates(URL_STATE);
  const fleet = useFleet();
  const mayEnrol = useMay()('key.manage');
  const { agents, error } = fleet;
  const uncovered = useUncovered();
  const enrol = (capability = '') => void setUrl({ enrol: true, capability });
  return (
    <Page width="wide">
      <PageHead
        title={words.title}
        note={words.note}
        actions={
          mayEnrol ? (
            <Button look="primary" icon={Plus} onClick={() => enrol()}>
              {words.enrol}
            </Button>
          ) : null
        }
      />
      {error ? (
        <Notice
          message={error.message}
          advice={error.advice}
          action={
            <Button size="sm" onClick={() => void fleet.refetch()}>
              {words.tryAgain}
            </Button>
          }
        />
      ) : null}
      <div className="flex flex-col gap-5">
        {agents && uncovered ? (
          <>
            <UncoveredCard rows={uncovered} onEnrol={mayEnrol ? enrol : undefined} />
            <Fleet fleet={fleet} agents={agents} onEnrol={mayEnrol ? enrol : undefined} />
          </>
        ) : error ? null : (
          <Card flush>
            <Skeleton label={words.loading} rows={8} />
          </Card>
        )}
      </div>
      {mayEnrol ? (
        <EnrolDialog
          open={url.enrol}
          capability={url.capability}
          agents={agents ?? []}
          onClose={() => void setUrl({ enrol: null, capability: null })}
        />
      ) : null}
    </Page>
  );
}

interface FleetProps {
  fleet: ReturnType<typeof useFleet>;
  agents: readonly FleetAgent[];
  onEnrol: (() => void) | undefined;
}

function Fleet({ fleet, agents, onEnrol }: FleetProps) {
  const [{ view, group, state, q }] = useQueryStates(URL_STATE);
  const shown = filterAgents(agents, { search: q, conditions: state });
  if (agents.length === 0) return <NoAgents onEnrol={onEnrol} />;
  return (
    <>
      <Filters agents={agents} />
      {fleet.hasMore ? <p className="text-sm text-quiet">{words.first(agents.length)}</p> : null}
      {shown.length === 0 ? <NoMatch hidden={agents.length} /> : null}
      <div className={view === 'board' ? BOARD : 'contents'}>
        {groupAgents(shown, group).map(({ key, agents: members }, at) => (
          <section
            key={key}
            aria-label={titleOf(group, key)}
            className={view === 'board' ? TILES : ''}
            style={view === 'board' && group !== 'none' ? { gridColumn: spanOf(members.length) } : undefined}
          >
            {group === 'none' ? null : (
              <h2
                className={`flex min-w-0 items-baseline gap-2 font-medium ${view === 'board' ? 'col-span-full' : 'mb-2'}`}
              >
                <span className="truncate">{titleOf(group, key)}</span>
                <span className="shrink-0 text-sm font-normal text-quiet">{words.count(members.length)}</span>
              </h2>
            )}
            <Members fleet={fleet} agents={members} goesOn={at > 0} />
          </section>
        ))}
      </div>
    </>
  );
}

/** So many tiles beside each other; groups of few stand beside each other too. */
const BOARD =
  'grid gap-x-3 gap-y-6 grid-cols-[repeat(var(--tiles),minmax(0,1fr))] [--tiles:1] sm:[--tiles:2] lg:[--tiles:3] xl:[--tiles:4] 2xl:[--tiles:5] min-[112rem]:[--tiles:6]';
const TILES = 'col-span-full grid grid-cols-subgrid content-start gap-y-3';
const spanOf = (count: number): string => `span min(${count}, var(--tiles))`;

function Members({ fleet, agents, goesOn }: Pick<FleetProps, 'fleet' | 'agents'> & { goesOn: boolean }) {
  const [{ view }] = useQueryStates(URL_STATE);
  const now = useNow(AGE_MS);
  if (view === 'table')
    return (
      <Card flush>
        <AgentsTable agents={agents} activityOf={fleet.activityOf} now={now} goesOn={goesOn} />
      </Card>
    );
  return (
    <>
      {agents.map((agent) => (
        <AgentTile key={agent.id} agent={agent} activity={fleet.activityOf(agent.id)} now={now} />
      ))}
    </>
  );
}

function NoAgents({ onEnrol }: Pick<FleetProps, 'onEnrol'>) {
  return (
    <Card flush>
      <Empty
        icon={Bot}
        title={words.none.title}
        action={onEnrol ? <Button onClick={() => onEnrol()}>{words.enrol}</Button> : undefined}
      >
        {words.none.text}
      </Empty>
    </Card>
  );
}

function NoMatch({ hidden }: { hidden: number }) {
  const [, setUrl] = useQueryStates(URL_STATE);
  return (
    <Card flush>
      <Empty
        icon={SearchX}
        title={words.noMatch.title}
        action={
          <Button size="sm" onClick={() => void setUrl({ q: null, state: null })}>
            {words.noMatch.clear}
          </Button>
        }
      >
        {words.noMatch.text(hidden)}
      </Empty>
    </Card>
  );
}

const NAMELESS: Record<Grouping, string> = {
  none: words.list,
  capability: words.list,
  version: words.noVersion,
  label: words.noLabel,
};
const titleOf = (group: Grouping, key: string): string => (key === '' ? NAMELESS[group] : key);

const ALL = '';
/** The number on the home page leads here. */
const UNWELL = UNWELL_CONDITIONS.toSorted().join();

function Filters({ agents }: { agents: readonly FleetAgent[] }) {
  const [{ view, group, state, q }, setUrl] = useQueryStates(URL_STATE);
  const unwell = filterAgents(agents, { search: '', conditions: UNWELL_CONDITIONS }).length;
  const states = [
    { value: ALL, label: `${words.allStates} ${agents.length}` },
    { value: UNWELL, label: `${words.unwell} ${unwell}` },
    ...countConditions(agents).map(({ condition: each, count }) => ({
      value: each as string,
      label: `${lookOfAgent(each).label} ${count}`,
    })),
  ];
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <div className="w-full sm:w-72">
        <TextInput
          aria-label={words.search}
          placeholder={words.search}
          type="search"
          value={q}
          onChange={(text) => void setUrl({ q: text || null })}
        />
      </div>
      <Segments
        label={words.states}
        value={state === null ? ALL : state.toSorted().join()}
        choices={states}
        onChange={(next) =>
          void setUrl({ state: next === ALL ? null : (next.split(',') as AgentCondition[]) })
        }
      />
      <Select
        label={words.group}
        value={group}
        choices={GROUPINGS.map((value) => ({ value, label: words.groups[value] }))}
        onChange={(next) => void setUrl({ group: next })}
      />
      <span className="grow" />
      <Segments
        label={words.view}
        value={view}
        choices={VIEWS.map((value) => ({ value, label: words.views[value] }))}
        onChange={(next) => void setUrl({ view: next })}
      />
    </div>
  );
}

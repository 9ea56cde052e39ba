'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, Play, X } from 'lucide-react';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { type Answer, query } from '../data/index.ts';
import { pipelineHref } from '../shell/places.ts';
import { useAct } from '../shell/use-act.ts';
import { useGoOn } from '../shell/use-go-on.ts';
import { useMay } from '../shell/use-may.ts';
import { Button, IconButton, LinkButton } from '../ui/button.tsx';
import { Card } from '../ui/surface.tsx';
import { CopyBlock } from '../ui/text.tsx';
import { FIRST_AGENT, firstAgentCommand } from './first-agent.ts';
import { words } from './words.ts';

const said = words.steps;
const HIDDEN = 'signalbox-first-steps-hidden';

/** What leads to a first run and a first agent of one's own; gone when both are there, or when somebody hides it. Not for whoever may take none of them. */
export function FirstSteps({ steps }: { steps: Answer<'analytics.home'>['first_steps'] }) {
  const { isHidden, hide } = useHidden();
  const may = useMay();
  const isOnlyLooking = !may('run.operate') && !may('key.manage');
  if (isHidden || isOnlyLooking || (steps.has_run && steps.has_agent)) return null;
  return (
    <Card
      title={said.title}
      actions={<IconButton label={said.hide} icon={X} size="sm" onClick={hide} />}
      flush
    >
      <ol>
        <Step isDone={steps.has_run} title={said.run} note={said.runNote}>
          <RunStep />
        </Step>
        <Step isDone={steps.has_agent} title={said.agent} note={said.agentNote}>
          <AgentStep />
        </Step>
        <Step isDone={false} title={said.task} note={said.taskNote}>
          <TaskStep />
        </Step>
      </ol>
      {steps.has_run ? null : (
        <div className="flex flex-col items-start gap-2 border-t border-line px-4 py-3.5">
          <Command hint={said.samples} text={said.samplesCommand} />
        </div>
      )}
    </Card>
  );
}

const neverTold = () => () => undefined;
const isKeptHidden = () => localStorage.getItem(HIDDEN) !== null;

/** Kept by the browser. Known when it is first drawn, so that nothing below moves; to the server it is hidden. */
function useHidden() {
  const wasHidden = useSyncExternalStore(neverTold, isKeptHidden, () => true);
  const [isHidden, setHidden] = useState(false);
  return {
    isHidden: wasHidden || isHidden,
    hide() {
      localStorage.setItem(HIDDEN, '1');
      setHidden(true);
    },
  };
}

function Step({
  isDone,
  title,
  note,
  children,
}: {
  isDone: boolean;
  title: string;
  note: string;
  children: ReactNode;
}) {
  const Icon = isDone ? CircleCheck : CircleDashed;
  return (
    <li className="flex gap-3 border-b border-line px-4 py-3.5 last:border-b-0">
      <Icon aria-hidden size={18} className={`mt-0.5 shrink-0 ${isDone ? 'text-good' : 'text-quiet'}`} />
      <div className="flex min-w-0 grow flex-col items-start gap-2">
        <div>
          <h3 className={`font-medium ${isDone ? 'text-quiet' : ''}`}>
            {title}
            {isDone ? <span className="sr-only"> ({said.done})</span> : null}
          </h3>
          {isDone ? null : <p className="text-sm text-quiet">{note}</p>}
        </div>
        {isDone ? null : children}
      </div>
    </li>
  );
}

function Command({ text, hint }: { text: string; hint: string }) {
  return (
    <div className="w-full max-w-3xl">
      <p className="mb-1 text-xs text-quiet">{hint}</p>
      <CopyBlock label={hint} what={said.copy}>
        {text}
      </CopyBlock>
    </div>
  );
}

function RunStep() {
  const [sample] = useQuery(query('pipelines.list', { limit: 1 })).data?.pipelines ?? [];
  const may = useMay();
  const mayRun = may('run.operate') && sample !== undefined && sample.version !== null;
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {mayRun ? (
          <LinkButton href={`${pipelineHref(sample.id)}?run=true`} look="primary" icon={Play}>
            {said.runButton}
          </LinkButton>
        ) : (
          <LinkButton href="/pipelines">{said.seeButton}</LinkButton>
        )}
        {may('pipeline.create') ? (
          <LinkButton href="/pipelines?new=blank">{said.drawButton}</LinkButton>
        ) : null}
      </div>
      {sample ? <Command hint={said.runCommand} text={said.runText(sample.name)} /> : null}
    </>
  );
}

function AgentStep() {
  const may = useMay();
  const [token, setToken] = useState<string>();
  const make = useAct('agentTokens.create', { onDone: (made) => setToken(made.token) });
  if (!may('key.manage')) return <p className="text-sm text-quiet">{said.notYours}</p>;
  if (token === undefined)
    return (
      <Button busy={make.isBusy} onClick={() => make.run({ agent: FIRST_AGENT.name, expires_in_days: 7 })}>
        {said.agentButton}
      </Button>
    );
  return (
    <>
      <p className="text-sm text-warn">{said.agentOnce}</p>
      <Command hint={said.agentCommand} text={firstAgentCommand({ url: window.location.origin, token })} />
    </>
  );
}

function TaskStep() {
  const may = useMay();
  const goOn = useGoOn();
  const submit = useAct('tasks.submit', {
    onDone: ({ run_id }) => goOn({ href: `/runs/${run_id}`, made: 'run' }),
  });
  if (!may('run.operate')) return <p className="text-sm text-quiet">{said.notYours}</p>;
  return (
    <Button
      busy={submit.isBusy}
      onClick={() => submit.run({ type: FIRST_AGENT.capability, payload: { name: said.taskExample } })}
    >
      {said.taskButton}
    </Button>
  );
}

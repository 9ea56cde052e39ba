'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { type Answer, query, useAction } from '../../data/index.ts';
import { Failure, useFailureSince } from '../../shell/failure.tsx';
import { PresentPassword, usePresentPassword } from '../../shell/present-password.tsx';
import { useAct } from '../../shell/use-act.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { words } from '../words.ts';
import { CatalogueList } from './catalogue.tsx';
import { ConnectFields } from './fields.tsx';
import { type Chosen, EMPTY, isProgram, startOf, toInput } from './form.ts';
import { Outcome } from './outcome.tsx';

const titleOf = (chosen: Chosen | undefined): string => {
  if (chosen?.kind === 'entry') return words.connectTo(chosen.entry.name);
  return chosen?.kind === 'program' ? words.connectTo(chosen.program) : words.connect;
};

/** Chosen from the catalogue or by its address, told how it is reached, and asked at once what it has. */
export function ConnectDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const { push } = useRouter();
  const { data, error } = useQuery({ ...query('mcp.catalogue', {}), enabled: open });
  const [chosen, setChosen] = useState<Chosen>();
  const [form, setForm] = useState(EMPTY);
  const [answer, setAnswer] = useState<Answer<'mcp.connect'>>();
  const connect = useAction('mcp.connect', { refresh: [['mcp']], onDone: setAnswer });
  const test = useAct('mcp.test', { inDialog: open, onDone: setAnswer });
  const untested = useFailureSince(open, test.error);
  const { data: me } = useQuery({ ...query('me.get', {}), enabled: open && isProgram(chosen) });
  const present = usePresentPassword(me?.account?.has_password ?? false);
  const id = useId();
  const close = () => {
    // What was typed may be a secret: whoever comes back starts anew.
    choose(undefined);
    onOpenChange(false);
  };
  function choose(next: Chosen | undefined) {
    setChosen(next);
    setForm(next ? startOf(next) : EMPTY);
    setAnswer(undefined);
    present.clear();
    connect.reset();
  }
  const actions = answer ? (
    <Onward
      answer={answer}
      isTesting={test.isBusy}
      onTest={() => test.run({ id: answer.connection_id })}
      onGo={() => {
        close();
        push(`/connections/${answer.connection_id}`);
      }}
    />
  ) : chosen ? (
    <>
      <Button onClick={() => choose(undefined)}>{words.back}</Button>
      <Button look="primary" type="submit" form={id} busy={connect.isPending} disabled={form.slug === ''}>
        {words.connectSend}
      </Button>
    </>
  ) : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={(isOpen) => (isOpen ? undefined : close())}
      title={titleOf(chosen)}
      description={chosen ? undefined : words.connectNote}
      width="md"
      actions={actions}
    >
      {answer ? <Outcome answer={answer} /> : null}
      {answer ? <Failure of={untested} /> : null}
      {chosen && !answer ? (
        <form
          id={id}
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            connect.mutate({ ...toInput(form, chosen), ...(isProgram(chosen) ? present.proof : {}) });
          }}
        >
          <ConnectFields {...{ chosen, form }} onChange={setForm} />
          {isProgram(chosen) && me ? <PresentPassword by={present} /> : null}
          {connect.error ? <Notice message={connect.error.message} advice={connect.error.advice} /> : null}
        </form>
      ) : null}
      {chosen ? null : <CatalogueList catalogue={data} problem={error?.message} onChoose={choose} />}
    </Dialog>
  );
}

interface OnwardProps {
  answer: Answer<'mcp.connect'>;
  isTesting: boolean;
  onTest(): void;
  onGo(): void;
}

function Onward({ answer, isTesting, onTest, onGo }: OnwardProps) {
  return (
    <>
      {/* status-words: of an answer of the gateway */}
      {answer.status === 'connected' ? null : (
        <Button busy={isTesting} onClick={onTest}>
          {words.outcome.again}
        </Button>
      )}
      <Button look="primary" autoFocus onClick={onGo}>
        {words.outcome.goOn}
      </Button>
    </>
  );
}

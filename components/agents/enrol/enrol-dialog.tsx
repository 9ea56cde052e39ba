'use client';

import { LoaderCircle } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useId, useState } from 'react';
import { type Answer, useAction } from '../../data/index.ts';
import { lookOfAgent } from '../../looks/index.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Link } from '../../ui/link.tsx';
import { StatusText } from '../../ui/status.tsx';
import type { Agent } from '../use-fleet.ts';
import { ProgramTabs } from './program-tabs.tsx';
import { KINDS } from './programs.ts';
import { words } from './words.ts';

const CAPABILITY = /^[a-z0-9][a-z0-9._-]{0,62}$/;

type Token = Answer<'agentTokens.create'>;
interface Enrolment {
  token: Token;
  capability: string;
}

/** From a name to an agent that is seen to be there: its token, the program to copy, and the news that it has come. */
export function EnrolDialog({
  open,
  capability,
  agents,
  onClose,
}: {
  open: boolean;
  /** What it shall be able to do, where that is known. */
  capability: string;
  agents: readonly Agent[];
  onClose(): void;
}) {
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const form = useId();
  const close = () => {
    // Whoever comes back starts anew: a token is shown once.
    setEnrolment(undefined);
    onClose();
  };
  const create = useAction('agentTokens.create', { refresh: [['agentTokens']] });
  const actions = enrolment ? (
    <>
      <Button onClick={() => setEnrolment(undefined)}>{words.again}</Button>
      <Button look="primary" onClick={close}>
        {words.close}
      </Button>
    </>
  ) : (
    <Button type="submit" form={form} look="primary" busy={create.isPending}>
      {words.make}
    </Button>
  );
  return (
    <Dialog
      open={open}
      onOpenChange={(isOpen) => (isOpen ? undefined : close())}
      title={words.title}
      description={words.description}
      width="lg"
      // The token is shown once: it does not go by a slip.
      mustChoose={enrolment !== undefined}
      actions={actions}
    >
      {enrolment ? (
        <Enrolled enrolment={enrolment} agents={agents} />
      ) : (
        <NameForm
          key={capability}
          form={form}
          capability={capability}
          onSubmit={(wanted) =>
            create.mutate(
              { agent: wanted.name },
              { onSuccess: (token) => setEnrolment({ token, capability: wanted.capability }) },
            )
          }
        />
      )}
      {create.error && !enrolment ? (
        <Notice message={create.error.message} advice={create.error.advice} />
      ) : null}
    </Dialog>
  );
}

function NameForm({
  form,
  capability: given,
  onSubmit,
}: {
  form: string;
  capability: string;
  onSubmit(wanted: { name: string; capability: string }): void;
}) {
  const [name, setName] = useState(given === '' ? 'greeter' : given);
  const [capability, setCapability] = useState(given === '' ? 'greet' : given);
  const isCapability = CAPABILITY.test(capability);
  return (
    <form
      id={form}
      className="grid gap-4 sm:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (isCapability && name.trim() !== '') onSubmit({ name: name.trim(), capability });
      }}
    >
      <Field label={words.name} hint={words.nameHint}>
        <TextInput value={name} onChange={setName} required maxLength={128} autoComplete="off" autoFocus />
      </Field>
      <Field
        label={words.capability}
        hint={words.capabilityHint}
        error={isCapability ? undefined : words.badCapability}
      >
        <TextInput mono value={capability} onChange={setCapability} required autoComplete="off" />
      </Field>
    </form>
  );
}

function Enrolled({
  enrolment: { token, capability },
  agents,
}: {
  enrolment: Enrolment;
  agents: readonly Agent[];
}) {
  const [kind, setKind] = useQueryState('kind', parseAsStringLiteral(KINDS).withDefault('typescript'));
  // Of this name there may have been one before: it counts when it has come in since the token was made.
  const agent = agents.find(
    ({ name, registered_at: at }) => name === token.agent && Date.parse(at) >= Date.parse(token.created_at),
  );
  return (
    <div className="flex flex-col gap-4">
      <p
        className="flex min-h-9 items-center gap-2 rounded-md border border-line bg-sunken px-3"
        aria-live="polite"
      >
        {agent ? (
          <>
            <StatusText look={lookOfAgent(agent.state)} />
            <span className="min-w-0 grow truncate">{words.came(agent.name)}</span>
            <Link href={`/agents/${agent.id}`} className="font-medium text-accent hover:underline">
              {words.show}
            </Link>
          </>
        ) : (
          <>
            <LoaderCircle aria-hidden size={15} className="shrink-0 text-busy motion-safe:animate-spin" />
            <span className="min-w-0 truncate">{words.waiting(token.agent)}</span>
          </>
        )}
      </p>
      <ProgramTabs
        kind={kind}
        onKind={(next) => void setKind(next)}
        wanted={{ name: token.agent, capability, url: window.location.origin, token: token.token }}
      />
    </div>
  );
}

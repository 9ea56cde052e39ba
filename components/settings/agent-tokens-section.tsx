'use client';

import { Bot, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago, Until } from '../ui/text.tsx';
import { FormDialog, NotYours, RevealDialog, Stopped } from './parts.tsx';
import { words } from './words.ts';

type Token = Answer<'agentTokens.list'>['agent_tokens'][number];

export function AgentTokensSection() {
  const may = useMay();
  if (!may('key.read')) return <NotYours />;
  return <Tokens canManage={may('key.manage')} />;
}

function Tokens({ canManage }: { canManage: boolean }) {
  const [isMaking, setMaking] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const [ending, setEnding] = useState<Token>();
  const revoke = useAct('agentTokens.revoke', { done: 'The token is worth nothing any more.' });
  return (
    <Card
      title={words.sections['agent-tokens']}
      flush
      actions={
        canManage ? (
          <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
            New token
          </Button>
        ) : undefined
      }
    >
      <PagedTable
        label={words.sections['agent-tokens']}
        path="agentTokens.list"
        rowsOf={(page) => page.agent_tokens}
        keyOf={(token) => token.id}
        empty={{
          icon: Bot,
          title: 'No agent tokens yet',
          note: 'With one an agent registers under its name, takes tasks and reports, and can do nothing else.',
        }}
        columns={tokenColumns({ canManage, end: setEnding })}
      />
      <NewTokenDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog title="The new token" secret={shown} what="the token" onClose={() => setShown(null)} />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={`Revoke the token of ${ending?.agent ?? ''}?`}
        consequence="The agent is refused from now on. What it has in hand goes to others when its leases end."
        confirmLabel="Revoke"
        danger
        onConfirm={() => {
          if (ending) revoke.run({ id: ending.id });
        }}
      />
    </Card>
  );
}

interface NewTokenProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  onMade(token: string): void;
}

function NewTokenDialog({ open, onOpenChange, onMade }: NewTokenProps) {
  const [agent, setAgent] = useState('');
  const create = useAct('agentTokens.create', {
    onDone({ token }) {
      onOpenChange(false);
      setAgent('');
      onMade(token);
    },
  });
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title="New agent token"
      description="For the agent of one name, and for nothing else."
      send="Make the token"
      busy={create.isBusy}
      disabled={agent.trim() === ''}
      onSend={() => create.run({ agent })}
    >
      <Field label="Agent" hint="The name that it registers with.">
        <TextInput value={agent} onChange={setAgent} required maxLength={128} placeholder="resizer" mono />
      </Field>
    </FormDialog>
  );
}

function tokenColumns({
  canManage,
  end,
}: {
  canManage: boolean;
  end(token: Token): void;
}): TableColumn<Token>[] {
  return [
    {
      key: 'agent',
      title: 'Agent',
      cell: (token) => (
        <>
          <span className="font-medium">{token.agent}</span>{' '}
          <span className="font-mono text-xs text-quiet">…{token.last_four}</span>
          <Stopped because={token.stopped_because} />
        </>
      ),
    },
    {
      key: 'used',
      title: 'Last used',
      cell: (token) => (token.last_used_at ? <Ago at={token.last_used_at} /> : words.never),
    },
    {
      key: 'ends',
      title: 'Ends',
      wideOnly: true,
      cell: (token) => (token.expires_at ? <Until at={token.expires_at} /> : words.never),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (token) =>
        canManage ? (
          <Button look="quiet" size="sm" onClick={() => end(token)}>
            Revoke<span className="sr-only"> the token of {token.agent}</span>
          </Button>
        ) : null,
    },
  ];
}

'use client';

import { Boxes, Pencil, Plus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Broken } from '../shell/broken.tsx';
import { usePages } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Code, CopyText } from '../ui/text.tsx';
import { ServerDialog, type VirtualServer } from './server-dialog.tsx';
import { clientSnippets, searchAddress, words } from './words.ts';

/** Chosen tools of several connections, as one endpoint of its own. */
export function Servers() {
  const canManage = useMay()('mcp.manage');
  const [editing, setEditing] = useState<VirtualServer | 'new' | null>(null);
  const asked = usePages('mcpServers.list', { limit: 200 }, (page) => page.servers);
  const { rows, error } = asked;
  if (error && !rows) return <Broken of={asked} />;
  const add = canManage ? (
    <Button icon={Plus} size="sm" onClick={() => setEditing('new')}>
      {words.addServer}
    </Button>
  ) : undefined;
  return (
    <div className="flex flex-col gap-4">
      {rows && rows.length > 0 ? (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="text-sm text-quiet">{words.noServersNote}</p>
          {add}
        </div>
      ) : (
        <Card title={words.tabs.servers} actions={add} flush>
          {rows ? (
            <Empty icon={Boxes} title={words.noServers}>
              {words.noServersNote}
            </Empty>
          ) : (
            <Skeleton label={words.tabs.servers} rows={3} />
          )}
        </Card>
      )}
      {rows?.map((server) => (
        <ServerCard key={server.id} server={server} canManage={canManage} onEdit={() => setEditing(server)} />
      ))}
      {editing === null ? null : (
        <ServerDialog server={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
    </div>
  );
}

interface CardProps {
  server: VirtualServer;
  canManage: boolean;
  onEdit(): void;
}

function ServerCard({ server, canManage, onEdit }: CardProps) {
  const { id, name, slug, description, enabled, tools } = server;
  const [origin, setOrigin] = useState('');
  const [isGoing, setGoing] = useState(false);
  const update = useAct('mcpServers.update', { refresh: [['mcpServers']] });
  const remove = useAct('mcpServers.delete', { refresh: [['mcpServers']] });
  useEffect(() => setOrigin(window.location.origin), []);
  const address = `${origin}/mcp/servers/${slug}`;
  return (
    <Card
      title={name}
      actions={
        canManage ? (
          <span className="flex items-center gap-2">
            <Switch
              label={words.on}
              checked={enabled}
              disabled={update.isBusy}
              onChange={(next) => update.run({ id, enabled: next })}
            />
            <Button size="sm" icon={Pencil} onClick={onEdit}>
              {words.edit}
            </Button>
            <Button size="sm" icon={Trash2} onClick={() => setGoing(true)}>
              {words.delete}
            </Button>
          </span>
        ) : undefined
      }
    >
      {description === '' ? null : <p className="mb-2 max-w-prose break-words text-sm">{description}</p>}
      <p className="mb-2 text-sm text-quiet">
        {words.tools(tools.length)}: {tools.map((tool) => tool.name ?? tool.tool).join(', ')}
      </p>
      <CopyText text={address} what={words.addressWhat} />
      <p className="mt-2 text-sm text-quiet">{words.bySearch}</p>
      <CopyText text={searchAddress(address)} what={words.bySearchWhat} />
      <ClientSnippets slug={slug} address={address} />
      <ConfirmDialog
        open={isGoing}
        onOpenChange={setGoing}
        title={words.deleteServerTitle(name)}
        consequence={words.deleteServerConsequence}
        confirmLabel={words.delete}
        danger
        onConfirm={() => remove.run({ id })}
      />
    </Card>
  );
}

function ClientSnippets({ slug, address }: { slug: string; address: string }) {
  return (
    <details className="mt-2 text-sm">
      <summary className="cursor-pointer text-quiet">{words.forClients}</summary>
      <div className="mt-2 flex flex-col gap-3">
        {clientSnippets(slug, address).map(({ client, text }) => (
          <Code key={client} label={client}>
            {text}
          </Code>
        ))}
      </div>
    </details>
  );
}

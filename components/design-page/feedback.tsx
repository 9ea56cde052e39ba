'use client';

import { Inbox, Search } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Sparkline } from '../ui/chart/index.ts';
import { ConfirmDialog, Dialog, SearchDialog } from '../ui/dialog.tsx';
import { DiffText } from '../ui/diff-text.tsx';
import { Drawer } from '../ui/drawer.tsx';
import { Empty, Notice, ProgressBar, Skeleton } from '../ui/feedback.tsx';
import { Card, Figure } from '../ui/surface.tsx';
import { Ago, Chip, Code, CopyBlock, CopyText, Elapsed, Until } from '../ui/text.tsx';
import { useToast } from '../ui/toast.tsx';

const CHANGE = `@@ -1,3 +1,3 @@
 stages:
-  - type: http
+  - type: sql
   - type: echo`;
const VALUES = [3, 5, 4, 8, 6, 9, 12, 10, 7, 11, 14, 13];

export function Feedback() {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Overlays />
      <Card title="Figures">
        <div className="grid grid-cols-2 gap-3">
          <Figure
            label="Running now"
            value="12"
            note="3 wait for an agent"
            href="#main"
            opens="Open the runs that go on"
          />
          <Figure label="Stages" value="1,204" unit="/min">
            <Sparkline label="Stages a minute in the last hour" values={VALUES} />
          </Figure>
        </div>
      </Card>
      <Card title="Nothing here" flush>
        <Empty icon={Inbox} title="No runs yet" action={<Button look="primary">Run with sample data</Button>}>
          A run appears here as soon as somebody starts one.
        </Empty>
      </Card>
      <Card title="Nothing matches" flush>
        <Empty icon={Search} title="No run matches" action={<Button size="sm">Clear the filters</Button>}>
          43 runs are hidden by the filters.
        </Empty>
      </Card>
      <Card title="Loading" flush>
        <Skeleton label="Loading the runs" rows={4} />
      </Card>
      <Card title="Broken">
        <Notice
          message="The runs could not be loaded: the database does not answer."
          advice="It is tried again every few seconds."
          action={<Button size="sm">Try now</Button>}
        />
        <ProgressBar label="Progress of an example" value={0.62} />
      </Card>
      <Card title="What was and what is">
        <DiffText label="An example of a change" diff={CHANGE} />
      </Card>
      <TextOfOthers />
    </div>
  );
}

function TextOfOthers() {
  return (
    <Card title="Text of others">
      <div className="flex flex-col items-start gap-3">
        <CopyText what="the whole command" text="node agent.mjs --once" shown="node agent.mjs" isLong />
        <CopyText what="run id" text="run_01a1fda61e1f70009e6238907ae58a39" shown="run_01a1fd…8a39" />
        <span className="text-sm text-quiet">
          Started <Ago at="2026-01-01T00:00:00Z" />, going on for <Elapsed since="2026-01-01T00:00:00Z" />,
          ends <Until at="2036-01-01T00:00:00Z" />
        </span>
        <span className="flex gap-1.5">
          <Chip>nightly</Chip> <Chip>finance</Chip>
        </span>
        <CopyBlock label="a command" what="the command">
          {'node agent.mjs'}
        </CopyBlock>
        <Code label="An output in a frame of its own" isBare>
          {'{ "rows": 500 }'}
        </Code>
        <Code label="An output">{'{ "rows": 500, "name": "<img src=x onerror=alert(1)>" }'}</Code>
      </div>
    </Card>
  );
}

type Overlay = 'dialog' | 'large' | 'medium' | 'search' | 'confirm' | 'drawer';

function Overlays() {
  const [open, setOpen] = useState<Overlay | null>(null);
  const toast = useToast();
  const setter = (which: Overlay) => (isOpen: boolean) => setOpen(isOpen ? which : null);
  return (
    <Card title="Over the page">
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setOpen('dialog')}>Dialog</Button>
        <Button onClick={() => setOpen('medium')}>That must be answered</Button>
        <Button onClick={() => setOpen('large')}>Large dialog</Button>
        <Button onClick={() => setOpen('search')}>Search</Button>
        <Button onClick={() => setOpen('confirm')}>Confirmation</Button>
        <Button onClick={() => setOpen('drawer')}>Drawer</Button>
        <Button
          onClick={() =>
            toast({ title: '40 runs are replayed.', description: 'From the stage that failed.' })
          }
        >
          Toast
        </Button>
        <Button
          onClick={() =>
            toast({ title: 'The draft was not saved.', description: 'It is tried again.', isFailure: true })
          }
        >
          Failure
        </Button>
      </div>
      <Dialog
        open={open === 'dialog'}
        onOpenChange={setter('dialog')}
        title="Publish version 4"
        description="Runs that are under way keep their version."
        actions={<Button look="primary">Publish</Button>}
      >
        <p className="text-quiet">Two stages were added, one was changed.</p>
      </Dialog>
      <MoreDialogs open={open} setter={setter} />
      <ConfirmDialog
        open={open === 'confirm'}
        onOpenChange={setter('confirm')}
        title="Discard 3 dead letters?"
        consequence="Their tasks stay failed. This cannot be undone."
        confirmLabel="Discard 3"
        danger
        asksReason
        onConfirm={(reason) => toast({ title: 'Discarded.', description: reason })}
      />
      <Drawer
        open={open === 'drawer'}
        onOpenChange={setter('drawer')}
        title="data-validation"
        actions={<Button size="sm">Show its log</Button>}
      >
        <p className="text-quiet">The page behind it stays usable.</p>
      </Drawer>
    </Card>
  );
}

function MoreDialogs({
  open,
  setter,
}: {
  open: Overlay | null;
  setter(which: Overlay): (isOpen: boolean) => void;
}) {
  return (
    <>
      <Dialog
        open={open === 'medium'}
        onOpenChange={setter('medium')}
        title="Somebody else has changed the draft"
        width="md"
        mustChoose
        actions={
          <Button look="primary" onClick={() => setter('medium')(false)}>
            Take theirs
          </Button>
        }
      >
        <p className="text-quiet">It cannot be put off: one of its buttons has to be pressed.</p>
      </Dialog>
      <Dialog open={open === 'large'} onOpenChange={setter('large')} title="Enrol an agent" width="lg">
        <p className="text-quiet">For what is long, such as a program to be copied.</p>
      </Dialog>
      <SearchDialog open={open === 'search'} onOpenChange={setter('search')} title="Find an example">
        <p className="px-4 py-6 text-quiet">Without a head: what is in it begins with a field.</p>
      </SearchDialog>
    </>
  );
}

'use client';

import { Copy, MoreHorizontal, Play, RotateCw, Settings2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton, LinkButton } from '../ui/button.tsx';
import { Checkbox, OptionCards, Segments, Switch } from '../ui/choice.tsx';
import { Field, FileInput, TextArea, TextInput } from '../ui/field.tsx';
import { Menu, MenuChoice, MenuItem, MenuLine, MenuNote, MenuTick } from '../ui/menu.tsx';
import { Popover } from '../ui/popover.tsx';
import { Select } from '../ui/select.tsx';
import { Card } from '../ui/surface.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

const PRIORITIES = [
  { value: 'high', label: 'High' },
  { value: 'medium', label: 'Medium' },
  { value: 'low', label: 'Low' },
] as const;

const SIDES = ['top', 'left', 'right'] as const;

type Density = 'calm' | 'dense';
const DENSITIES: { value: Density; label: string }[] = [
  { value: 'calm', label: 'Calm' },
  { value: 'dense', label: 'Dense' },
];

export function Controls() {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Buttons />
      <Choices />
      <Fields />
      <Openers />
    </div>
  );
}

function Buttons() {
  return (
    <Card title="Buttons">
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-2">
          <Button look="primary" icon={Play}>
            Run
          </Button>
          <Button icon={RotateCw}>Replay</Button>
          <Button look="quiet">Dismiss</Button>
          <Button look="danger">Discard</Button>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <Button look="primary" disabled>
            Run
          </Button>
          <Button disabled>Replay</Button>
          <Button busy>Saving</Button>
          <Button size="sm">Small</Button>
          <Button size="lg">Large</Button>
          <LinkButton href="/design">A link</LinkButton>
        </div>
        <div className="flex items-center gap-2">
          <Tooltip text="Settings" keys="mod+,">
            <IconButton label="Settings" icon={Settings2} />
          </Tooltip>
          <IconButton label="Copy" icon={Copy} look="plain" />
          <IconButton label="Follow" icon={RotateCw} pressed />
          <IconButton label="Delete" icon={Trash2} disabled />
          {SIDES.map((side) => (
            <Tooltip key={side} text={`On the ${side}`} side={side}>
              <IconButton label={`Small, told on the ${side}`} icon={Copy} size="sm" />
            </Tooltip>
          ))}
        </div>
        <Button wide>As wide as its place</Button>
      </div>
    </Card>
  );
}

function Choices() {
  const [priority, setPriority] = useState<'high' | 'medium' | 'low'>('medium');
  const [isRequired, setRequired] = useState(true);
  const [isLive, setLive] = useState(false);
  return (
    <Card title="Choices">
      <div className="flex flex-col items-start gap-3">
        <Select label="Priority" value={priority} choices={PRIORITIES} onChange={setPriority} />
        <Segments label="Priority" value={priority} choices={PRIORITIES} onChange={setPriority} />
        <div className="flex flex-wrap gap-3">
          <Select
            label="Not to be chosen"
            value={priority}
            choices={PRIORITIES}
            disabled
            onChange={setPriority}
          />
          <Segments
            label="Not to be chosen"
            value={priority}
            choices={PRIORITIES}
            disabled
            onChange={setPriority}
          />
        </div>
        <OptionCards
          label="Priority"
          value={priority}
          choices={PRIORITIES.map((choice) => ({
            ...choice,
            note: `What is ${choice.value} waits accordingly.`,
          }))}
          onChange={setPriority}
        />
        <Checkbox label="Required" checked={isRequired} onChange={setRequired} />
        <Checkbox label="Some of them" checked={false} some onChange={setRequired} />
        <Checkbox label="Not yours to change" checked disabled onChange={setRequired} />
        <Switch label="Follow live" checked={isLive} onChange={setLive} />
        <Switch label="Not yours to switch" checked disabled onChange={setLive} />
        <p className="flex items-center gap-3 text-sm text-quiet">
          <Checkbox label="In a row" labelHidden checked={isRequired} onChange={setRequired} />
          <Switch label="In a row" labelHidden checked={isLive} onChange={setLive} />
          Where the row says what they are
        </p>
      </div>
    </Card>
  );
}

function Fields() {
  const [name, setName] = useState('orders');
  const [key, setKey] = useState('load orders');
  const [note, setNote] = useState('');
  const [expression, setExpression] = useState('stages.read.output.rows > 0');
  const isKey = /^[a-z][a-z0-9-]*$/.test(key);
  return (
    <Card title="Fields">
      <div className="flex flex-col gap-4">
        <Field label="Name" hint="What people call it.">
          <TextInput value={name} onChange={setName} />
        </Field>
        <Field
          label="Key"
          error={isKey ? undefined : 'A key has small letters, digits and hyphens, and begins with a letter.'}
        >
          <TextInput mono value={key} onChange={setKey} />
        </Field>
        <span>
          <FileInput label="Choose a file" accept=".yaml,.json" onFile={(file) => setNote(file.name)} />
        </span>
        <Field label="Note">
          <TextArea value={note} onChange={setNote} placeholder="What has changed" rows={2} />
        </Field>
        <Field label="Expression">
          <TextArea mono value={expression} onChange={setExpression} rows={2} />
        </Field>
        <Field label="Not to be changed">
          <TextInput value="settled" onChange={setNote} disabled />
        </Field>
      </div>
    </Card>
  );
}

function Openers() {
  const [chosen, setChosen] = useState('Nothing chosen yet.');
  const [isShown, setShown] = useState(true);
  const [isOpen, setOpen] = useState(false);
  const [density, setDensity] = useState<Density>('calm');
  return (
    <Card title="Menus">
      <div className="flex flex-wrap items-center gap-2">
        <Menu trigger={<IconButton label="More" icon={MoreHorizontal} look="plain" />}>
          <MenuItem label="Replay" icon={RotateCw} keys="r" onSelect={() => setChosen('Replay')} />
          <MenuItem label="Copy" icon={Copy} keys="mod+c" onSelect={() => setChosen('Copy')} />
          <MenuItem label="Archive" disabled onSelect={() => setChosen('Archive')} />
          <MenuLine />
          <MenuItem label="Delete" icon={Trash2} danger onSelect={() => setChosen('Delete')} />
        </Menu>
        <Menu align="end" trigger={<Button size="sm">View</Button>}>
          <MenuNote title="Of this list" note="It is kept in this browser." />
          <MenuTick label="Duration" checked={isShown} onChange={setShown} />
          <MenuLine />
          <MenuChoice<Density> label="Density" value={density} choices={DENSITIES} onChange={setDensity} />
        </Menu>
        <Popover
          title="Where it stands"
          align="end"
          open={isOpen}
          onOpenChange={setOpen}
          trigger={<Button size="sm">Where?</Button>}
        >
          <p className="text-quiet">It is opened by its page too, and ends where its button does.</p>
        </Popover>
        <Popover title="What it is" align="center" trigger={<Button size="sm">What?</Button>}>
          <p className="text-quiet">In the middle of its button.</p>
        </Popover>
        <Popover title="Why it waits" trigger={<Button size="sm">Why?</Button>}>
          <p className="text-quiet">No agent that can do “greet” is online.</p>
        </Popover>
        <span aria-live="polite" className="text-sm text-quiet">
          {chosen}
        </span>
      </div>
    </Card>
  );
}

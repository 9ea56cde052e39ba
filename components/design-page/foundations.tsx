import { Keys } from '../ui/keys.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';

const SURFACES = [
  { name: 'page', ground: 'bg-page' },
  { name: 'card', ground: 'bg-card' },
  { name: 'raised', ground: 'bg-raised' },
  { name: 'sunken', ground: 'bg-sunken' },
  { name: 'hover', ground: 'bg-hover' },
];

const STATES = [
  { name: 'busy', word: 'bg-busy-soft text-busy', fill: 'bg-busy-fill' },
  { name: 'good', word: 'bg-good-soft text-good', fill: 'bg-good-fill' },
  { name: 'bad', word: 'bg-bad-soft text-bad', fill: 'bg-bad-fill' },
  { name: 'warn', word: 'bg-warn-soft text-warn', fill: 'bg-warn-fill' },
  { name: 'hold', word: 'bg-hold-soft text-hold', fill: 'bg-hold-fill' },
  { name: 'idle', word: 'bg-idle-soft text-idle', fill: 'bg-idle-fill' },
  { name: 'accent', word: 'bg-accent-soft text-accent', fill: 'bg-accent' },
  { name: 'ink', word: 'bg-ink text-on-ink', fill: 'bg-on-ink' },
  { name: 'danger', word: 'bg-danger text-on-danger', fill: 'bg-on-danger' },
];

const SIZES = [
  { name: '2xl', size: 'text-2xl font-semibold tracking-tight', use: 'a figure' },
  { name: 'xl', size: 'text-xl font-semibold tracking-tight', use: 'the name of a page' },
  { name: 'lg', size: 'text-lg font-semibold', use: 'the name of a dialog' },
  { name: 'base', size: 'text-base', use: 'text and controls' },
  { name: 'sm', size: 'text-sm', use: 'tables and side panels' },
  { name: 'xs', size: 'text-xs', use: 'heads of columns, hints' },
  { name: '2xs', size: 'text-2xs', use: 'what goes with a line of a side panel' },
];

export function Foundations() {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Card title="Surfaces and words">
        <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          {SURFACES.map(({ name, ground }) => (
            <li key={name} className={`rounded-md border border-line p-3 ${ground}`}>
              <p className="font-medium">{name}</p>
              <p className="text-sm text-quiet">quiet</p>
              <p className="text-sm text-faint">faint</p>
              <p className="text-sm text-accent">accent</p>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Type">
        <ul className="flex flex-col gap-2.5">
          {SIZES.map(({ name, size, use }) => (
            <li key={name} className="flex items-baseline gap-4">
              <span className="w-10 shrink-0 font-mono text-xs text-quiet">{name}</span>
              <span className={size}>{use}</span>
            </li>
          ))}
          <li className="flex items-baseline gap-4">
            <span className="w-10 shrink-0 font-mono text-xs text-quiet">mono</span>
            <span className="font-mono text-sm">run_01a1fda61e1f 0123456789</span>
          </li>
        </ul>
      </Card>
      <Card title="What is told by colour, and what is to be done">
        <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          {STATES.map(({ name, word, fill }) => (
            <li key={name} className={`flex items-center gap-2 rounded-md p-3 ${word}`}>
              <span aria-hidden className={`size-3 shrink-0 rounded-full ${fill}`} />
              <span className="text-sm font-medium">{name}</span>
            </li>
          ))}
        </ul>
      </Card>
      <KeyCaps />
      <Card title="A way to another page">
        <Link href="/design" className="text-accent hover:underline">
          It is fetched when somebody comes near
        </Link>
      </Card>
      <Card title="Space and corners">
        <p className="text-quiet">
          Steps of 4 px. Inside a card 16, between cards 20, around a page 32. Corners of 4 for what is small,
          6 for controls, 10 for cards.
        </p>
      </Card>
    </div>
  );
}

function KeyCaps() {
  return (
    <Card title="Keys">
      <p className="flex items-center gap-3">
        <Keys keys="mod+k" /> <Keys keys="shift+r" /> <Keys keys="esc" /> <Keys keys="j" />
        <span className="rounded-sm bg-ink px-2 py-1 text-on-ink">
          <Keys keys="enter" on="ink" />
        </span>
      </p>
    </Card>
  );
}

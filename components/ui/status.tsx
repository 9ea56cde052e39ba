import type { LucideIcon } from 'lucide-react';

export type Tone = 'busy' | 'good' | 'bad' | 'warn' | 'hold' | 'idle';
export type Pattern =
  | 'solid'
  | 'halved'
  | 'striped'
  | 'ruled'
  | 'barred'
  | 'crossed'
  | 'dotted'
  | 'outline'
  | 'moving';

/** How a state looks everywhere: never by colour alone, so each has a word, a shape and a pattern of its own. */
export interface Look {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  pattern: Pattern;
  /** It is going on just now: the icon turns, unless the person has asked for no motion. */
  turns?: boolean;
}

const WORD: Record<Tone, string> = {
  busy: 'text-busy',
  good: 'text-good',
  bad: 'text-bad',
  warn: 'text-warn',
  hold: 'text-hold',
  idle: 'text-idle',
};
const GROUND: Record<Tone, string> = {
  busy: 'bg-busy-soft',
  good: 'bg-good-soft',
  bad: 'bg-bad-soft',
  warn: 'bg-warn-soft',
  hold: 'bg-hold-soft',
  idle: 'bg-idle-soft',
};
const FILL: Record<Tone, string> = {
  busy: 'text-busy-fill',
  good: 'text-good-fill',
  bad: 'text-bad-fill',
  warn: 'text-warn-fill',
  hold: 'text-hold-fill',
  idle: 'text-idle-fill',
};
const PATTERN: Record<Pattern, string> = {
  solid: 'pattern-solid',
  halved: 'pattern-halved',
  striped: 'pattern-striped',
  ruled: 'pattern-ruled',
  barred: 'pattern-barred',
  crossed: 'pattern-crossed',
  dotted: 'pattern-dotted',
  outline: 'pattern-outline',
  moving: 'pattern-moving',
};

/** The class of a bar or dot in this state. */
export const fillOf = ({ tone, pattern }: Pick<Look, 'tone' | 'pattern'>): string =>
  `${FILL[tone]} ${PATTERN[pattern]}`;

export function StatusIcon({ look, size = 15 }: { look: Look; size?: number }) {
  const { icon: Icon, tone, turns = false } = look;
  return (
    <Icon
      aria-hidden
      size={size}
      strokeWidth={2.25}
      className={`shrink-0 ${WORD[tone]} ${turns ? 'motion-safe:animate-spin [animation-duration:2.4s]' : ''}`}
    />
  );
}

/** In a line of text or a cell: icon and word. */
export function StatusText({ look }: { look: Look }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap align-middle font-medium ${WORD[look.tone]}`}
    >
      <StatusIcon look={look} />
      {look.label}
    </span>
  );
}

/** On its own, such as in the head of a page: the same on a ground. */
export function StatusPill({ look }: { look: Look }) {
  return (
    <span
      className={`inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full align-middle px-2.5 text-sm font-medium ${WORD[look.tone]} ${GROUND[look.tone]}`}
    >
      <StatusIcon look={look} size={14} />
      {look.label}
    </span>
  );
}

/** How something was over a stretch of time, each state as long as it lasted. What is not known is left blank. */
export function StateTimeline({
  label,
  spans,
}: {
  label: string;
  /** In order; `share` of the whole. */
  spans: readonly { key: string; share: number; look?: Look; title: string }[];
}) {
  return (
    <ol aria-label={label} className="flex h-6 w-full gap-px overflow-hidden rounded-sm bg-sunken">
      {spans.map(({ key, share, look, title }) => (
        <li
          key={key}
          title={title}
          className={`min-w-px basis-0 ${look ? fillOf(look) : ''}`}
          style={{ flexGrow: Math.max(share, 0.0001) }}
        >
          <span className="sr-only">{title}</span>
        </li>
      ))}
    </ol>
  );
}

/** How much of some room is taken, where a number beside it says so too. */
export function Meter({
  label,
  value,
  max,
  tone = 'busy',
}: {
  label: string;
  value: number;
  max: number;
  tone?: Tone;
}) {
  const share = max <= 0 ? 0 : Math.min(Math.max(value / max, 0), 1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browsers' own cannot be drawn in our colours alike
    <span
      role="meter"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={max}
      className="block h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <span className={`block h-full bg-current ${FILL[tone]}`} style={{ inlineSize: `${share * 100}%` }} />
    </span>
  );
}

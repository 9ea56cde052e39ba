import type { LucideIcon } from 'lucide-react';
import { LoaderCircle } from 'lucide-react';
import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { Link } from './link.tsx';

type Native = Omit<ComponentProps<'button'>, 'className' | 'style' | 'children'>;

const LOOKS = {
  /** The one thing that this place is for. At most one in sight. */
  primary: 'border-ink bg-ink text-on-ink hover:not-disabled:opacity-85 disabled:opacity-50',
  plain:
    'border-line bg-card text-text hover:not-disabled:border-control hover:not-disabled:bg-hover disabled:bg-sunken disabled:text-faint',
  /** Among other things, such as in a toolbar. */
  quiet:
    'border-transparent bg-transparent text-quiet hover:not-disabled:bg-hover hover:not-disabled:text-text disabled:opacity-50',
  danger: 'border-danger bg-danger text-on-danger hover:not-disabled:opacity-85 disabled:opacity-50',
} as const;

/** A finger needs more than a pointer. */
const SIZES = {
  sm: 'h-7 gap-1.5 px-2.5 text-sm pointer-coarse:h-9',
  md: 'h-8 gap-2 px-3 text-base pointer-coarse:h-10',
  lg: 'h-10 gap-2 px-5 text-base',
} as const;

export interface ButtonProps extends Native {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
  icon?: LucideIcon;
  /** What was asked for is under way: the button stays as wide as it is and takes no second click. */
  busy?: boolean;
  wide?: boolean;
  children: ReactNode;
}

const SHAPE =
  'inline-flex max-w-full shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md border font-medium transition-colors duration-100';

/** Nor is a form sent once more. */
const refuse = (event: MouseEvent) => event.preventDefault();

export function Button(props: ButtonProps) {
  const { look = 'plain', size = 'md', icon: Icon, busy = false, wide = false, children, ...native } = props;
  return (
    <button
      type="button"
      {...native}
      // Not really disabled: that would take the focus from whoever has just pressed it.
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      {...(busy ? { onClick: refuse } : {})}
      className={`${SHAPE} ${LOOKS[look]} ${SIZES[size]} ${wide ? 'w-full' : ''} aria-busy:pointer-events-none aria-busy:opacity-60`}
    >
      {busy ? <LoaderCircle aria-hidden size={15} className="motion-safe:animate-spin" /> : null}
      {Icon && !busy ? <Icon aria-hidden size={15} className="shrink-0" /> : null}
      <Label>{children}</Label>
    </button>
  );
}

/** Goes somewhere, and stands among buttons. */
export function LinkButton({
  href,
  look = 'plain',
  size = 'md',
  icon: Icon,
  children,
}: Pick<ButtonProps, 'look' | 'size' | 'icon' | 'children'> & { href: string }) {
  return (
    <Link href={href} className={`${SHAPE} ${LOOKS[look]} ${SIZES[size]}`}>
      {Icon ? <Icon aria-hidden size={15} className="shrink-0" /> : null}
      <Label>{children}</Label>
    </Link>
  );
}

/** Words may hold a name, and names are as long as people like: what does not fit is cut. */
function Label({ children }: { children: ReactNode }) {
  return typeof children === 'string' ? <span className="min-w-0 truncate">{children}</span> : children;
}

const ICON_SIZES = {
  sm: 'size-7 pointer-coarse:size-9',
  md: 'size-8 pointer-coarse:size-10',
} as const;

export interface IconButtonProps extends Native {
  /** What it does: said aloud, and shown as its tooltip by whoever wraps it. */
  label: string;
  icon: LucideIcon;
  look?: 'plain' | 'quiet';
  size?: keyof typeof ICON_SIZES;
  pressed?: boolean;
}

export function IconButton(props: IconButtonProps) {
  const { label, icon: Icon, look = 'quiet', size = 'md', pressed, ...native } = props;
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      {...native}
      className={`${SHAPE} ${LOOKS[look]} ${ICON_SIZES[size]} aria-pressed:bg-accent-soft aria-pressed:text-accent`}
    >
      <Icon aria-hidden size={16} />
    </button>
  );
}

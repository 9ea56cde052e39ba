import type { ToastMessage } from '../ui/toast.tsx';
import { words } from './words.ts';

/** What has come of a button, and has a page of its own. */
export interface Made {
  href: string;
  made: keyof typeof words.made;
}

interface Ways {
  push(href: string): void;
  toast(message: ToastMessage): void;
}

/** Leads on whoever waits for it; whoever has gone on meanwhile is not taken away from there, and has a way to it. */
export function goOn({ href, made }: Made, isAwaited: boolean, { push, toast }: Ways): void {
  if (isAwaited) push(href);
  else toast({ title: words.made[made], link: { href, label: words.openIt } });
}

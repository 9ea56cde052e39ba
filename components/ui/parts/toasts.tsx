'use client';

import { Toast as Base } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { IconButton } from '../button.tsx';
import { Link } from '../link.tsx';
import { POPUP_SURFACE } from '../popup.ts';
import { words } from '../words.ts';

const SHOWN_MS = 6000;

export interface ToastMessage {
  title: string;
  /** What it means or what to do. */
  description?: string;
  isFailure?: boolean;
  /** Where it is. */
  link?: { href: string; label: string };
}

export interface ToastsProps {
  /** All that were ever said, in order. */
  messages: readonly ToastMessage[];
}

export function Toasts({ messages }: ToastsProps) {
  return (
    <Base.Provider timeout={SHOWN_MS} limit={3}>
      <Base.Portal>
        <Base.Viewport className="fixed bottom-4 right-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2">
          <Shown messages={messages} />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function Shown({ messages }: ToastsProps) {
  const { toasts, add, close } = Base.useToastManager<Pick<ToastMessage, 'link'>>();
  const said = useRef(0);
  useEffect(() => {
    for (const { title, description, link, isFailure = false } of messages.slice(said.current))
      add({
        ...{ title, description, type: isFailure ? 'failure' : 'done', priority: isFailure ? 'high' : 'low' },
        data: { ...(link ? { link } : {}) },
      });
    said.current = messages.length;
  }, [messages, add]);
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className={`p-3 transition-[transform,opacity] duration-150 ease-calm data-starting-style:translate-y-2 data-starting-style:opacity-0 data-ending-style:opacity-0 data-limited:hidden ${POPUP_SURFACE}`}
    >
      <Base.Content className="flex items-start gap-2">
        <span
          aria-hidden
          className={`mt-1.5 size-2 shrink-0 rounded-full ${toast.type === 'failure' ? 'bg-bad-fill' : 'bg-good-fill'}`}
        />
        <div className="min-w-0 grow">
          <Base.Title className="text-base font-medium" />
          <Base.Description className="text-sm text-quiet" />
          {toast.data?.link ? (
            <Link
              href={toast.data.link.href}
              onClick={() => close(toast.id)}
              className="text-sm text-accent hover:underline"
            >
              {toast.data.link.label}
            </Link>
          ) : null}
        </div>
        {/* By itself it is hidden from ears until the pile is opened; ours is no pile, and the button can be reached. */}
        <Base.Close aria-hidden={false} render={<IconButton label={words.dismiss} icon={X} size="sm" />} />
      </Base.Content>
    </Base.Root>
  ));
}

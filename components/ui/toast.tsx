'use client';

import { createContext, type ReactNode, use, useState } from 'react';
import { latePart, useLate } from './late.tsx';
import type { ToastMessage } from './parts/toasts.tsx';

export type { ToastMessage };

const part = latePart(() => import('./parts/toasts.tsx'));
const ToastContext = createContext<(message: ToastMessage) => void>(() => undefined);

/** Around the app. Toasts come politely and never take the focus. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<readonly ToastMessage[]>([]);
  const [say] = useState(() => (message: ToastMessage) => setMessages((before) => [...before, message]));
  const parts = useLate(part, messages.length > 0);
  return (
    <ToastContext value={say}>
      {children}
      {parts ? <parts.Toasts messages={messages} /> : null}
    </ToastContext>
  );
}

/** Says what came of something that was asked for. What must be acted on is no toast but a notice on the page. */
export const useToast = (): ((message: ToastMessage) => void) => use(ToastContext);

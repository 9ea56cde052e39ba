import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { Shell } from '../components/shell/shell.tsx';
import './globals.css';

/** Drawn for each request: the scripts of a page carry that request's nonce. */
export const dynamic = 'force-dynamic';

export const metadata: Metadata = { title: { default: 'Signalbox', template: '%s · Signalbox' } };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Shell>{children}</Shell>
      </body>
    </html>
  );
}

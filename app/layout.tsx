import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { Shell } from '../components/shell/shell.tsx';
import './globals.css';

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

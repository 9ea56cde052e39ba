import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { THEME_COOKIE, toTheme } from '../components/shell/theme.ts';
import { words } from '../components/shell/words.ts';
import { LANGUAGE } from '../components/ui/language.ts';
import './globals.css';

export const metadata: Metadata = { title: { default: words.product, template: words.pageTitle('%s') } };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = toTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang={LANGUAGE} data-theme={theme} className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>{children}</body>
    </html>
  );
}

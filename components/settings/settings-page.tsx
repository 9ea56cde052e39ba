'use client';

import { type ComponentType, lazy, Suspense } from 'react';
import { type Action, useIsFor } from '../shell/use-may.ts';
import { Skeleton } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { patiently } from '../ui/patiently.ts';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { useIsAlive } from '../ui/use-is-alive.ts';
import type { SectionName } from './sections.ts';
import { words } from './words.ts';

// Each comes when it is looked at.
const SECTIONS: Record<SectionName, ComponentType> = {
  account: lazy(
    patiently(() => import('./account-section.tsx').then((file) => ({ default: file.AccountSection }))),
  ),
  organisation: lazy(
    patiently(() =>
      import('./organisation-section.tsx').then((file) => ({ default: file.OrganisationSection })),
    ),
  ),
  members: lazy(
    patiently(() => import('./members-section.tsx').then((file) => ({ default: file.MembersSection }))),
  ),
  keys: lazy(patiently(() => import('./keys-section.tsx').then((file) => ({ default: file.KeysSection })))),
  'agent-tokens': lazy(
    patiently(() =>
      import('./agent-tokens-section.tsx').then((file) => ({ default: file.AgentTokensSection })),
    ),
  ),
  apps: lazy(patiently(() => import('./apps-section.tsx').then((file) => ({ default: file.AppsSection })))),
  secrets: lazy(
    patiently(() => import('./secrets-section.tsx').then((file) => ({ default: file.SecretsSection }))),
  ),
  notifications: lazy(
    patiently(() =>
      import('./notifications-section.tsx').then((file) => ({ default: file.NotificationsSection })),
    ),
  ),
  limits: lazy(
    patiently(() => import('./limits-section.tsx').then((file) => ({ default: file.LimitsSection }))),
  ),
  system: lazy(
    patiently(() => import('./system-section.tsx').then((file) => ({ default: file.SystemSection }))),
  ),
};

/** What somebody must be allowed for a section to hold anything for them. */
const NEEDS: Partial<Record<SectionName, Action>> = {
  members: 'member.read',
  keys: 'key.read',
  'agent-tokens': 'key.read',
  secrets: 'secret.manage',
  notifications: 'notification.read',
};

/** On a phone the sections are one line that goes on to the side. */
function bringIntoSight(link: HTMLAnchorElement | null): void {
  link?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

export function SettingsPage({ section }: { section: SectionName }) {
  const Section = SECTIONS[section];
  const isAlive = useIsAlive();
  const isFor = useIsFor();
  const names = (Object.keys(SECTIONS) as SectionName[]).filter(
    (name) => name === section || isFor(NEEDS[name]),
  );
  const skeleton = (
    <Card flush>
      <Skeleton label={words.loading} rows={6} />
    </Card>
  );
  return (
    <Page>
      <PageHead title={words.title} />
      <div className="flex flex-col gap-x-8 gap-y-5 md:flex-row">
        <nav
          aria-label={words.title}
          className="flex shrink-0 gap-0.5 max-md:-mx-4 max-md:overflow-x-auto max-md:px-4 md:w-44 md:flex-col"
        >
          {names.map((name) => (
            <Link
              key={name}
              href={`/settings/${name}`}
              aria-current={name === section ? 'page' : undefined}
              ref={name === section ? bringIntoSight : undefined}
              className="flex h-8 pointer-coarse:h-10 items-center whitespace-nowrap rounded-md px-2 text-quiet hover:bg-hover hover:text-text aria-[current]:bg-hover aria-[current]:font-medium aria-[current]:text-text"
            >
              {words.sections[name]}
            </Link>
          ))}
        </nav>
        <div className="flex min-w-0 grow flex-col gap-5">
          {isAlive ? (
            <Suspense fallback={skeleton}>
              <Section />
            </Suspense>
          ) : (
            skeleton
          )}
        </div>
      </div>
    </Page>
  );
}

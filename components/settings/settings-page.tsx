'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { Page, PageHead } from '../ui/surface.tsx';
import { AccountSection } from './account-section.tsx';
import { AgentTokensSection } from './agent-tokens-section.tsx';
import { AppsSection } from './apps-section.tsx';
import { KeysSection } from './keys-section.tsx';
import { LimitsSection } from './limits-section.tsx';
import { MembersSection } from './members-section.tsx';
import { NotificationsSection } from './notifications-section.tsx';
import { OrganisationSection } from './organisation-section.tsx';
import { SecretsSection } from './secrets-section.tsx';
import type { SectionName } from './sections.ts';
import { SystemSection } from './system-section.tsx';
import { words } from './words.ts';

const SECTIONS: Record<SectionName, () => ReactNode> = {
  account: AccountSection,
  organisation: OrganisationSection,
  members: MembersSection,
  keys: KeysSection,
  'agent-tokens': AgentTokensSection,
  apps: AppsSection,
  secrets: SecretsSection,
  notifications: NotificationsSection,
  limits: LimitsSection,
  system: SystemSection,
};

/** On a phone the sections are one line that goes on to the side. */
function bringIntoSight(link: HTMLAnchorElement | null): void {
  link?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

export function SettingsPage({ section }: { section: SectionName }) {
  const Section = SECTIONS[section];
  return (
    <Page>
      <PageHead title={words.title} />
      <div className="flex flex-col gap-x-8 gap-y-5 md:flex-row">
        <nav
          aria-label={words.title}
          className="flex shrink-0 gap-0.5 max-md:-mx-4 max-md:overflow-x-auto max-md:px-4 md:w-44 md:flex-col"
        >
          {(Object.keys(SECTIONS) as SectionName[]).map((name) => (
            <Link
              key={name}
              href={`/settings/${name}`}
              aria-current={name === section ? 'page' : undefined}
              ref={name === section ? bringIntoSight : undefined}
              className="flex h-8 items-center whitespace-nowrap rounded-md px-2 text-quiet hover:bg-hover hover:text-text aria-[current]:bg-hover aria-[current]:font-medium aria-[current]:text-text"
            >
              {words.sections[name]}
            </Link>
          ))}
        </nav>
        <div className="flex min-w-0 grow flex-col gap-5">
          <Section />
        </div>
      </div>
    </Page>
  );
}

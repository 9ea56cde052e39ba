'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { AccountMenu } from './account-menu.tsx';
import { Mark } from './mark.tsx';
import { Palette } from './palette/index.ts';
import { isPlaceOf, PLACES, type Place } from './places.ts';
import { ThemeMenu } from './theme-menu.tsx';

export function SideBar() {
  return (
    <header className="flex shrink-0 items-center gap-1 border-b border-line bg-card px-3 max-md:h-12 md:sticky md:top-0 md:h-dvh md:w-52 md:flex-col md:items-stretch md:border-r md:border-b-0 md:py-3 print:hidden">
      <Link
        href="/"
        className="flex h-9 items-center gap-2 rounded-md px-2 font-semibold tracking-tight md:mb-3"
      >
        <Mark />
        <span className="max-sm:sr-only">Signalbox</span>
      </Link>
      <Palette />
      <nav aria-label="Main" className="flex min-w-0 grow gap-0.5 max-md:overflow-x-auto md:flex-col">
        {PLACES.map((place) => (
          <PlaceLink key={place.href} place={place} />
        ))}
      </nav>
      <div className="flex gap-0.5">
        <AccountMenu />
        <ThemeMenu />
      </div>
    </header>
  );
}

function PlaceLink({ place }: { place: Place }) {
  const isHere = isPlaceOf(place, usePathname());
  const Icon = place.icon;
  return (
    <Link
      href={place.href}
      aria-current={isHere ? 'page' : undefined}
      title={place.label}
      className="flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-hover hover:text-text aria-[current]:bg-hover aria-[current]:font-medium aria-[current]:text-text"
    >
      <Icon aria-hidden size={16} />
      <span className="max-md:sr-only">{place.label}</span>
    </Link>
  );
}

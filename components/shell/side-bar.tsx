'use client';

import { usePathname } from 'next/navigation';
import { Link } from '../ui/link.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Mark } from './mark.tsx';
import { Palette } from './palette/index.ts';
import { isPlaceOf, type Place } from './places.ts';
import { PlacesMenu } from './places-menu.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import { usePlaces } from './use-places.ts';
import { words } from './words.ts';

export function SideBar() {
  return (
    <header className="flex shrink-0 items-center gap-1 border-b border-line bg-card px-3 max-md:h-12 md:sticky md:top-0 md:h-dvh md:w-52 md:flex-col md:items-stretch md:border-r md:border-b-0 md:py-3 print:hidden">
      <Link
        href="/"
        className="flex h-9 items-center gap-2 rounded-md px-2 font-semibold tracking-tight md:mb-3"
      >
        <Mark />
        <span className="max-md:sr-only">{words.product}</span>
      </Link>
      <Palette />
      <PlacesMenu />
      <nav aria-label={words.main} className="flex min-w-0 grow flex-col gap-0.5 max-md:hidden">
        <Places />
      </nav>
      <div className="flex gap-0.5">
        <AccountMenu />
        <ThemeMenu />
      </div>
    </header>
  );
}

function Places() {
  return usePlaces().map((place) => <PlaceLink key={place.href} place={place} />);
}

function PlaceLink({ place }: { place: Place }) {
  const isHere = isPlaceOf(place, usePathname());
  const Icon = place.icon;
  return (
    <Link
      href={place.href}
      aria-current={isHere ? 'page' : undefined}
      className="flex h-8 pointer-coarse:h-10 shrink-0 items-center gap-2.5 rounded-md px-2 text-quiet hover:bg-hover hover:text-text aria-[current]:bg-hover aria-[current]:font-medium aria-[current]:text-text"
    >
      <Icon aria-hidden size={16} />
      {place.label}
    </Link>
  );
}

'use client';

import { ChevronDown } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { isPlaceOf, PLACES } from './places.ts';
import { words } from './words.ts';

/** On a phone the side bar is one line: where one is, and by a touch all places by name. */
export function PlacesMenu() {
  const path = usePathname();
  const { push } = useRouter();
  const here = PLACES.find((place) => isPlaceOf(place, path));
  return (
    <div className="grow md:hidden">
      <Menu
        trigger={
          <button
            type="button"
            aria-label={words.placesFrom(here?.label)}
            className="flex h-9 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-hover"
          >
            {here?.label ?? words.places}
            <ChevronDown aria-hidden size={14} className="text-quiet" />
          </button>
        }
      >
        {PLACES.map(({ label, href, icon }) => (
          <MenuItem key={href} label={label} icon={icon} onSelect={() => push(href)} />
        ))}
      </Menu>
    </div>
  );
}

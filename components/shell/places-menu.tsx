'use client';

import { ChevronDown } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { usePlaces } from './use-places.ts';
import { words } from './words.ts';

/** On a phone the side bar is one line, and all places by name are a touch away. */
export function PlacesMenu() {
  const { push } = useRouter();
  const places = usePlaces();
  return (
    <div className="grow md:hidden">
      <Menu
        trigger={
          <button
            type="button"
            className="flex h-9 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-hover"
          >
            {words.places}
            <ChevronDown aria-hidden size={14} className="text-quiet" />
          </button>
        }
      >
        {places.map(({ label, href, icon }) => (
          <MenuItem key={href} label={label} icon={icon} onSelect={() => push(href)} />
        ))}
      </Menu>
    </div>
  );
}

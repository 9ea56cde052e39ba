'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleUser, LogOut } from 'lucide-react';
import { act, query } from '../data/index.ts';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem, MenuNote } from '../ui/menu.tsx';
import { useToast } from '../ui/toast.tsx';

/** Who is signed in here, and the way out. Without the name there is still the way out. */
export function AccountMenu() {
  const { data: me } = useQuery(query('me.get', {}));
  const toast = useToast();
  const signOut = () => {
    act('auth.signOut', {}).then(
      // A whole new page: nothing of this session stays in memory.
      () => window.location.assign('/sign-in'),
      (error: Error) =>
        toast({ title: 'You are still signed in.', description: error.message, isFailure: true }),
    );
  };
  return (
    <Menu
      align="end"
      trigger={<IconButton label={me ? `Account: ${me.name}` : 'Account'} icon={CircleUser} />}
    >
      {me ? (
        <MenuNote title={me.name} note={[me.account?.email, me.role].filter(Boolean).join(' · ')} />
      ) : null}
      <MenuItem label="Sign out" icon={LogOut} onSelect={signOut} />
    </Menu>
  );
}

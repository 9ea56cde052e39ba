'use client';

import { CircleUser, LogOut } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type ApiMe, api } from '../data/api.ts';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem, MenuNote } from '../ui/menu.tsx';
import { useToast } from '../ui/toast.tsx';

/** Who is signed in here, and the way out. */
export function AccountMenu() {
  const [me, setMe] = useState<ApiMe>();
  const toast = useToast();
  useEffect(() => {
    // Without the name there is still the way out.
    api.getMe().then(setMe, () => undefined);
  }, []);
  const signOut = () => {
    api.signOut().then(
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

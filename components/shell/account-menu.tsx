'use client';

import { useQuery } from '@tanstack/react-query';
import { Building2, CircleUser, LogOut } from 'lucide-react';
import { act, query } from '../data/index.ts';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem, MenuLine, MenuNote } from '../ui/menu.tsx';
import { useToast } from '../ui/toast.tsx';
import { enterOrg } from './enter-org.ts';
import { words } from './words.ts';

/** Who is signed in here and in which organisation, the ways to others of theirs, and the way out. Without the name there is still the way out. */
export function AccountMenu() {
  const { data: me } = useQuery(query('me.get', {}));
  const isPerson = me?.kind === 'person';
  const { data: mine } = useQuery({ ...query('orgs.mine', {}), enabled: isPerson });
  const others = mine?.orgs.filter((org) => !org.is_current) ?? [];
  const toast = useToast();
  const goTo = (id: string) => {
    enterOrg(id).catch((error: Error) =>
      toast({ title: words.stayed, description: error.message, isFailure: true }),
    );
  };
  const signOut = () => {
    act('auth.signOut', {}).then(
      // A whole new page: nothing of this session stays in memory.
      () => window.location.assign('/sign-in'),
      (error: Error) => toast({ title: words.stillIn, description: error.message, isFailure: true }),
    );
  };
  return (
    <Menu align="end" trigger={<IconButton label={words.accountOf(me?.name)} icon={CircleUser} />}>
      {me ? (
        <MenuNote
          title={me.name}
          note={[me.account?.email, me.role, me.org_name].filter(Boolean).join(' · ')}
        />
      ) : null}
      {others.map(({ id, name }) => (
        <MenuItem key={id} label={words.goTo(name)} icon={Building2} onSelect={() => goTo(id)} />
      ))}
      {others.length > 0 ? <MenuLine /> : null}
      <MenuItem label={words.signOut} icon={LogOut} onSelect={signOut} />
    </Menu>
  );
}

import type { ReactNode } from 'react';
import { FrontDoor } from '../../components/shell/front-door.tsx';

/** Pages for those who are not signed in yet: they show nothing of what is inside. */
export default function FrontLayout({ children }: { children: ReactNode }) {
  return <FrontDoor>{children}</FrontDoor>;
}

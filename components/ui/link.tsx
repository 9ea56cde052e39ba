'use client';

import NextLink from 'next/link';
import { type ComponentProps, useState } from 'react';

/**
 * A way to another page, which is fetched ahead once the pointer or the focus comes to it. Next would fetch all that are
 * in sight: a page would begin with twenty requests that its own data then waits behind.
 */
export function Link(props: Omit<ComponentProps<typeof NextLink>, 'prefetch'>) {
  const [isNear, setNear] = useState(false);
  const approach = () => setNear(true);
  return (
    <NextLink {...props} prefetch={isNear ? null : false} onPointerEnter={approach} onFocus={approach} />
  );
}

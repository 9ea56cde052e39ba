'use client';

import { Compass, TriangleAlert } from 'lucide-react';
import type { ApiError } from '../data/index.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card, Page, PageHead } from '../ui/surface.tsx';
import { useIsOutdated } from '../ui/use-is-outdated.ts';
import { lostWords } from './lost-words.ts';
import { words } from './words.ts';

/** There is no such page, or none for whoever asks. */
export function NoPage() {
  return (
    <Page width="reading">
      <h1 className="sr-only">{lostWords.noPage.title}</h1>
      <Empty
        icon={Compass}
        title={lostWords.noPage.title}
        action={
          <Link href="/" className="text-accent underline-offset-4 hover:underline">
            {lostWords.noPage.home}
          </Link>
        }
      >
        {lostWords.noPage.note}
      </Empty>
    </Page>
  );
}

/** A page that stumbled over an error of ours: the rest of the panel goes on. What an older page lacks, only a new one has. */
export function BrokenPage({ digest, onRetry }: { digest?: string | undefined; onRetry(): void }) {
  const isOutdated = useIsOutdated();
  return (
    <Page width="reading">
      <h1 className="sr-only">{lostWords.broken.title}</h1>
      <Empty
        icon={TriangleAlert}
        title={lostWords.broken.title}
        action={
          isOutdated ? (
            <Button onClick={() => window.location.reload()}>{words.reload}</Button>
          ) : (
            <Button onClick={onRetry}>{words.tryAgain}</Button>
          )
        }
      >
        {isOutdated ? words.outdated : lostWords.broken.note(digest)}
      </Empty>
    </Page>
  );
}

/** The id in the address stands for nothing, or for nothing of theirs. */
export const isMissing = ({ code, issues }: ApiError): boolean =>
  code === 'NOT_FOUND' || issues.some(({ path }) => path[0] === 'id');

/** A page of one thing that is not there: gone, mistyped, or of another organisation. */
export function NoThing({ title, up }: { title: string; up: { label: string; href: string } }) {
  return (
    <Page>
      <PageHead trail={[up]} title={title} />
      <Card flush>
        <Empty
          icon={Compass}
          action={<LinkButton href={up.href}>{lostWords.noThing.back(up.label)}</LinkButton>}
        >
          {lostWords.noThing.note}
        </Empty>
      </Card>
    </Page>
  );
}

'use client';

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import type { Scope } from '#server/domain/rights.ts';
import { type Answer, type ApiError, act, meanOrg, query } from '../data/index.ts';
import { enterOrg } from '../shell/enter-org.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { Select } from '../ui/select.tsx';
import { words } from './words.ts';

type Asked = Answer<'apps.asked'>;

/** A program has sent the browser here: whoever is signed in lets it in, or not. */
export function AllowPage({ request }: { request: string }) {
  const { data: asked, error } = useQuery({
    ...query('apps.asked', { id: request }),
    enabled: request !== '',
  });
  if (request === '') return <Nothing {...words.nothing} />;
  if (error && !asked) return <Nothing message={error.message} advice={error.advice} />;
  if (!asked) return <Skeleton label={words.loading} rows={6} />;
  return <Question asked={asked} />;
}

function Question({ asked }: { asked: Asked }) {
  const [scopes, setScopes] = useState<readonly Scope[]>(asked.scopes);
  const { answer, doing, error } = useAnswer(asked);
  if (doing === 'gone') return <Gone />;
  return (
    <>
      <h1 className="break-words text-xl font-semibold tracking-tight">{words.heading(asked.name)}</h1>
      <p className="mt-2 max-w-prose text-sm text-quiet">
        {asked.site === null ? words.claim : words.vouched(asked.site)}
      </p>
      <dl className="mt-5 divide-y divide-line border-y border-line">
        <Fact term={words.goesTo} note={words.redirect[asked.redirect.kind]()}>
          <span className="break-all font-mono">{asked.redirect.host}</span>
        </Fact>
        <Whose asked={asked} />
        <Fact term={words.uses}>{words.reach[asked.reach.kind](asked.reach.server ?? '')}</Fact>
      </dl>
      <fieldset className="mt-5">
        <legend className="mb-1.5 text-sm text-quiet">{words.may}</legend>
        <div className="flex flex-col items-start gap-1">
          {asked.scopes.map((scope) => (
            <Checkbox
              key={scope}
              label={words.scopes[scope]}
              checked={scopes.includes(scope)}
              onChange={(ticked) =>
                setScopes(asked.scopes.filter((each) => (each === scope ? ticked : scopes.includes(each))))
              }
            />
          ))}
        </div>
      </fieldset>
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      <div className="mt-6 flex flex-col gap-2">
        <Button
          look="primary"
          size="lg"
          wide
          busy={doing === 'allow'}
          disabled={doing !== undefined || scopes.length === 0}
          onClick={() => answer(scopes)}
        >
          {words.allow}
        </Button>
        <Button
          size="lg"
          wide
          busy={doing === 'refuse'}
          disabled={doing !== undefined}
          onClick={() => answer(null)}
        >
          {words.refuse}
        </Button>
      </div>
      <p className="mt-4 text-sm text-quiet">{words.unless}</p>
    </>
  );
}

/** Says it to the server, and follows where that leads: back to the program. */
function useAnswer({ id, org_id }: Asked) {
  const [doing, setDoing] = useState<'allow' | 'refuse' | 'gone'>();
  const [error, setError] = useState<ApiError>();
  const answer = (scopes: readonly Scope[] | null) => {
    setDoing(scopes === null ? 'refuse' : 'allow');
    setError(undefined);
    act('apps.decide', { id, org_id, scopes: scopes && [...scopes] }).then(
      ({ go_on }) => {
        setDoing('gone');
        window.location.assign(go_on);
      },
      (failure) => {
        setDoing(undefined);
        setError(failure as ApiError);
      },
    );
  };
  return { answer, doing, error };
}

/** In whose name, and where: the session's organisation, or another one of theirs. */
function Whose({ asked }: { asked: Asked }) {
  const { data: me } = useQuery(query('me.get', {}));
  const { data: mine } = useQuery(query('orgs.mine', {}));
  useEffect(() => meanOrg(asked.org_id), [asked.org_id]);
  const orgs = mine?.orgs ?? [];
  const here = orgs.find(({ id }) => id === asked.org_id);
  return (
    <>
      <Fact term={words.person}>{me?.name ?? '…'}</Fact>
      <Fact term={words.org}>
        {orgs.length > 1 ? (
          <Select
            label={words.org}
            value={asked.org_id as string}
            choices={orgs.map(({ id, name }) => ({ value: id as string, label: name }))}
            onChange={(id) => void enterOrg(id, window.location.pathname + window.location.search)}
          />
        ) : (
          (here?.name ?? '…')
        )}
      </Fact>
    </>
  );
}

function Fact({ term, note, children }: { term: string; note?: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-x-4 py-2.5">
      <dt className="text-sm/5 text-quiet">{term}</dt>
      <dd className="break-words">{children}</dd>
      {note === undefined ? null : <dd className="col-start-2 text-sm text-quiet">{note}</dd>}
    </div>
  );
}

/** Nobody is asked anything: why not. */
function Nothing(why: { message: string; advice?: string | undefined }) {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">{words.title}</h1>
      <Notice {...why} />
      <LinkButton href="/" size="lg">
        {words.panel}
      </LinkButton>
    </>
  );
}

function Gone() {
  return (
    <div role="status">
      <h1 className="text-xl font-semibold tracking-tight">{words.going}</h1>
      <p className="mt-2 text-quiet">{words.over}</p>
    </div>
  );
}

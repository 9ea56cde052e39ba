'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { query } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { OptionCards } from '../../ui/choice.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { words } from './words.ts';

export function TemplateList({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange(key: string, name: string): void;
}) {
  const asked = useQuery(query('templates.list', {}));
  const { data, error } = asked;
  const { data: coverage } = useQuery(query('agents.coverage', {}));
  if (error && !data) return <Broken of={asked} />;
  if (!data) return <Skeleton label={words.loading} rows={6} />;
  const serving = new Set(
    coverage?.capabilities.filter((each) => each.serving > 0).map(({ capability }) => capability),
  );
  return (
    <OptionCards
      label={words.templates}
      value={value}
      choices={data.templates.map(({ key, name, description, stages, capabilities }) => ({
        value: key,
        label: name,
        note: (
          <>
            <span className="block">
              {words.stages(stages)} · {description}
            </span>
            {coverage ? <Coverage missing={capabilities.filter((each) => !serving.has(each))} /> : null}
          </>
        ),
      }))}
      onChange={(key) => onChange(key, data.templates.find((each) => each.key === key)?.name ?? key)}
    />
  );
}

function Coverage({ missing }: { missing: readonly string[] }) {
  const Icon = missing.length === 0 ? CircleCheck : CircleAlert;
  return (
    <span className={`mt-1 flex items-start gap-1.5 ${missing.length === 0 ? 'text-good' : 'text-warn'}`}>
      <Icon aria-hidden size={14} className="mt-0.5 shrink-0" />
      {missing.length === 0 ? words.covered : words.needs(missing)}
    </span>
  );
}

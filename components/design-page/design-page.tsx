'use client';

import { useState } from 'react';
import { LinkButton } from '../ui/button.tsx';
import { Page, PageHead } from '../ui/surface.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Charts } from './charts.tsx';
import { Controls } from './controls.tsx';
import { Feedback } from './feedback.tsx';
import { Foundations } from './foundations.tsx';
import { Lists } from './lists.tsx';
import { States } from './states.tsx';

type Part = 'foundations' | 'states' | 'controls' | 'lists' | 'charts' | 'feedback';

/** Every primitive in every state, drawn by the primitives themselves: what docs/design.md says, to look at. */
export function DesignPage() {
  const [part, setPart] = useState<Part>('foundations');
  return (
    <Page>
      <PageHead
        trail={[{ label: 'Home', href: '/' }]}
        title="Design"
        note="The parts that every page is made of, in each of their states."
        actions={<LinkButton href="/runs">See them at work</LinkButton>}
      />
      <Tabs
        label="Parts"
        value={part}
        onChange={setPart}
        items={[
          { value: 'foundations', label: 'Foundations', content: <Foundations /> },
          { value: 'states', label: 'States', content: <States /> },
          { value: 'controls', label: 'Controls', content: <Controls /> },
          { value: 'lists', label: 'Lists', content: <Lists /> },
          { value: 'charts', label: 'Charts', content: <Charts /> },
          { value: 'feedback', label: 'Feedback', content: <Feedback /> },
        ]}
      />
    </Page>
  );
}

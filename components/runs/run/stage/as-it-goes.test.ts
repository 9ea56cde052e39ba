import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { asItGoes } from './as-it-goes.ts';

test('what is known of a stage stays while it is asked for anew, and it is asked again and again while somebody works on it', async () => {
  const answers = [['first line'], ['first line', 'second line']];
  let asked = 0;
  const question = { queryKey: ['stage'], queryFn: async () => answers[asked++] };
  const ofStage = (state: 'running' | 'succeeded') => asItGoes(question, { state, attempt: 1 });
  const observer = new QueryObserver(new QueryClient(), ofStage('running'));
  expect(observer.options.refetchInterval).toBeGreaterThan(0);
  const stop = observer.subscribe(() => undefined);
  await expect.poll(() => observer.getCurrentResult().data).toEqual(answers[0]);
  observer.setOptions(ofStage('succeeded'));
  expect(observer.options.refetchInterval).toBe(false);
  expect(observer.getCurrentResult()).toMatchObject({ data: answers[0], isPlaceholderData: true });
  await expect.poll(() => observer.getCurrentResult().data).toEqual(answers[1]);
  stop();
});

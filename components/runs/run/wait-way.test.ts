import { expect, test } from 'vitest';
import { type Waiting, wayOf } from './wait-way.ts';

const stage = (code: Waiting['waiting']['code'], more: Partial<Waiting['waiting']> = {}) => ({
  type: 'shape & cut',
  waiting: { code, sentence: '', way_out: '', since: null, blockers: [], blocker_ids: [], ...more },
});

test('what an agent keeps leads to that agent, by its name', () => {
  const kept = stage('unanswered', { blockers: ['Ada'], blocker_ids: ['agent_1'] });
  expect(wayOf(kept, true)).toEqual({ href: '/agents/agent_1', label: 'See Ada' });
});

test('what waits for busy agents leads to those that could take it', () => {
  expect(wayOf(stage('agents-full'), true)?.href).toBe('/agents?view=table&q=shape%20%26%20cut');
});

test('what nobody offers leads to a new agent, for who may enrol one', () => {
  expect(wayOf(stage('no-agent'), true)?.href).toBe('/agents?enrol=true&capability=shape%20%26%20cut');
  expect(wayOf(stage('no-agent'), false)?.href).toBe('/agents?view=table&q=shape%20%26%20cut');
});

test('what is offered but not by whom the stage wants leads to those that there are', () => {
  expect(wayOf(stage('no-agent', { blockers: ['gpu'] }), true)?.href).toContain('view=table');
});

test('what ends by itself leads nowhere', () => {
  expect([wayOf(stage('dependency'), true), wayOf(stage('paused'), true)]).toEqual([null, null]);
});

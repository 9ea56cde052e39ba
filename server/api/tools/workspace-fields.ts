import { z } from 'zod';
import { EXAMPLE } from '../operations/examples.ts';

/** What tools of workspaces have in common. */
export const taskField = {
  task_id: z
    .string()
    .regex(/^(run_[0-9a-f]{32}|task_[0-9a-f]{32}_\d{1,9})$/, 'must be the id of a task or of its run')
    .describe('Any task of the run whose files they are, or the run itself.'),
};

/** Who acts. */
export const actingFields = {
  ...taskField,
  as: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe('Your name, where one key serves several agents. Use the same one in every call.'),
  epoch: z
    .int()
    .min(1)
    .optional()
    .describe(
      'If you have claimed the task with task_claim: number of the hand-out. Your work then counts as its.',
    ),
};

export const pathField = z.string().min(1).max(4096).describe('Folders are divided by /: docs/report.md');

/** How a claim is shown. */
export const leaseFields = {
  lease_id: z.uuid().describe('As claim_file answered.'),
  fencing_token: z.int().min(1).describe('As claim_file answered.'),
};
export const leaseFieldsIfAny = {
  lease_id: leaseFields.lease_id.optional(),
  fencing_token: leaseFields.fencing_token.optional(),
};

export const noteField = z.string().min(1).max(500).optional().describe('Why, in a line, for the history.');

interface Acting {
  task_id: string;
  as?: string | undefined;
  epoch?: number | undefined;
}

/** As the verbs take it. */
export const whoOf = ({ task_id, as, epoch }: Acting) => ({ of: task_id, as, epoch });

export function leaseOf(input: { lease_id?: string | undefined; fencing_token?: number | undefined }) {
  const { lease_id, fencing_token } = input;
  return lease_id === undefined ? undefined : { id: lease_id, token: fencing_token ?? 0 };
}

export const EXAMPLE_TASK = EXAMPLE.workspaceTask;

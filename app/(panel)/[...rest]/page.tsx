import { notFound } from 'next/navigation';

/** Whatever no other page answers to: told so within the frame, so that there is a way on. */
export default function Page() {
  notFound();
}

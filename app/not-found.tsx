import { NoPage } from '../components/shell/lost.tsx';

export default function NotFound() {
  return (
    <main id="main">
      <NoPage />
    </main>
  );
}

import type { ButtonHTMLAttributes } from 'react';

const LOOKS = {
  primary: 'bg-accent text-on-accent border-accent hover:opacity-90',
  plain: 'bg-card text-text border-line hover:border-quiet',
};

export function Button({
  look = 'plain',
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof LOOKS }) {
  return (
    <button
      type="button"
      className={`inline-flex h-9 items-center justify-center rounded-md border px-4 text-sm font-medium disabled:opacity-60 ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}

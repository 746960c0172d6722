/** Messages that come by themselves. Newest last; each can be dismissed and goes after a while; screen readers hear them. */
import { useSyncExternalStore } from 'react';
import { Icon } from './icons.tsx';

export interface Toast {
  readonly id: number;
  readonly title: string;
  readonly detail: string;
  /** In the words of whoever reported it, for the curious. */
  readonly cause: string;
}

const SHOWN_MS = 12_000;
const MAX_SHOWN = 4;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

export function showToast(toast: Omit<Toast, 'id'>): void {
  lastId += 1;
  const id = lastId;
  publish([...toasts, { ...toast, id }].slice(-MAX_SHOWN));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  publish(toasts.filter((toast) => toast.id !== id));
}

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
      {shown.map((toast) => (
        <div className="toast" role="status" key={toast.id}>
          <Icon name="alert" size={20} />
          <div>
            <strong>{toast.title}</strong>
            <p>{toast.detail}</p>
            <p className="cause">{toast.cause}</p>
          </div>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </section>
  );
}

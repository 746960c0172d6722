/** Tells the person when the server refused a change. The view is back to what the server has by then. */
import { useEffect } from 'react';
import { client } from '../../triplit/client.ts';
import { showToast } from '../ui/toasts.tsx';

export function useRejectedWriteToasts(): void {
  useEffect(
    () =>
      client.onFailureToSyncWrites((error) => {
        showToast('The server refused that change', `${error.message} What you see is back to what the server has.`);
      }),
    [],
  );
}

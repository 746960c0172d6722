/** Tells the person when the server refused a change. The view is back to what the server has by then. */
import { useEffect } from 'react';
import { client } from '../../triplit/client.ts';
import { showToast } from '../ui/toasts.tsx';

export function useRejectedWriteToasts(): void {
  useEffect(
    () =>
      client.onFailureToSyncWrites((error) => {
        const why = error.name === 'WritePermissionError' ? 'It was not yours to change.' : 'It does not fit the data.';
        showToast({
          title: 'The server refused that change',
          detail: `${why} What you see is back to what the server has.`,
          cause: error.message,
        });
      }),
    [],
  );
}

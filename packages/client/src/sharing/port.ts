/** One end of a line between two programs of one origin. Messages are structured clones and arrive in order. */
export interface Port {
  post(message: unknown): void;
  /** At most one listener; messages that came before it are lost, or wait, as the line has it. */
  listen(listener: (message: any) => void): void;
  close(): void;
}

/** What is used of `BroadcastChannel`. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
  close(): void;
}

/** What is used of `MessagePort`, `Worker` and the scope of a dedicated worker. */
export interface Endpoint {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: any) => void): void;
  removeEventListener(type: 'message', listener: (event: any) => void): void;
  start?(): void;
  close?(): void;
}

/** A channel that two programs alone know by name. */
export function channelPort(channel: Channel): Port {
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => void (channel.onmessage = ({ data }) => listener(data)),
    close: () => channel.close(),
  };
}

/** A line that belongs to somebody else is not closed with the port. */
export function endpointPort(endpoint: Endpoint): Port {
  let stop: () => void = () => undefined;
  return {
    post: (message) => endpoint.postMessage(message),
    listen: (listener) => {
      const receive = ({ data }: { data: unknown }): void => listener(data);
      endpoint.addEventListener('message', receive);
      endpoint.start?.();
      stop = () => endpoint.removeEventListener('message', receive);
    },
    close: () => stop(),
  };
}

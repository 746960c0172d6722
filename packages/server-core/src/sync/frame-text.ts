/** The frame of a message that a program hands over as an object. What cannot be a frame becomes one that is refused. */
export function frameText(message: unknown): string {
  try {
    return JSON.stringify(message) ?? 'null';
  } catch {
    return 'null';
  }
}

/** The name of an answer on a saved page: its method and what was asked, whatever the order in which that was written. */
export function answerKey(method: string, params: unknown): string {
  const sorted = Object.entries(params as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${method} ${JSON.stringify(Object.fromEntries(sorted))}`;
}

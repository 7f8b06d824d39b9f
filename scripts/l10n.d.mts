export function extract(): Promise<Record<string, string>>;

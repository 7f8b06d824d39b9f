export const stages: readonly (readonly string[])[];
export function violations(): Promise<string[]>;

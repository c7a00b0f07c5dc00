export const SOURCES_FILE: string;
export function stateOf(path: string): string;
export function programIn(cli: string): string;
